/* Programs of the fuzzer as trees; program.py describes their text. */
#ifndef FUZZ_TREE_H
#define FUZZ_TREE_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_ARGUMENTS = 16, MOST_BLOCKS = 8, MOST_TASKS = 16, MOST_OBJECTS = 4, MOST_NODES = 4096 };

struct operation;

struct node {
    const struct operation *operation;
    int index; /* its place in the text, from 0 */
    char when_cancelled, when_failed; /* p: passed on, s: swallowed, c: turned into another error */
    int arguments[MOST_ARGUMENTS], argument_count;
    struct node *blocks[MOST_BLOCKS]; /* the first of each */
    int block_count;
    struct node *next; /* in its block */
};

struct program {
    int number, marks, runs;
    int queues[MOST_OBJECTS], semaphores[MOST_OBJECTS], barriers[MOST_OBJECTS];
    int queue_count, semaphore_count, barrier_count;
    struct node *tasks[MOST_TASKS];
    int task_count;
    struct node nodes[MOST_NODES];
    int node_count;
};

/* Given by fuzz.c: NULL for a name it does not know. */
static const struct operation *find_operation(const char *name);

/* The words of standard input, with one word of look-ahead. */
static char word[64];

static void bad_program(const char *why)
{
    fprintf(stderr, "fuzz: %s at \"%s\"\n", why, word);
    exit(2);
}

static void next_word(void)
{
    if (scanf("%63s", word) != 1)
        word[0] = '\0';
}

static void expect(const char *expected)
{
    if (strcmp(word, expected) != 0)
        bad_program("unexpected word");
    next_word();
}

static int integers(int *to, int most)
{
    int count = 0;
    char *end;
    while (word[0] != '\0') {
        long value = strtol(word, &end, 10);
        if (*end != '\0')
            break;
        if (count == most)
            bad_program("too many integers");
        to[count++] = (int)value;
        next_word();
    }
    return count;
}

static int integer(void)
{
    int value = 0;
    if (integers(&value, 1) != 1)
        bad_program("no integer");
    return value;
}

static struct node *read_block(struct program *program)
{
    struct node *first = NULL, **link = &first;
    expect("{");
    while (strcmp(word, "}") != 0) {
        struct node *node = &program->nodes[program->node_count];
        if (program->node_count == MOST_NODES)
            bad_program("too many nodes");
        memset(node, 0, sizeof *node);
        node->index = program->node_count++;
        node->operation = find_operation(word);
        if (node->operation == NULL)
            bad_program("unknown operation");
        next_word();
        if (strlen(word) != 2)
            bad_program("no handling of failures");
        node->when_cancelled = word[0];
        node->when_failed = word[1];
        next_word();
        node->argument_count = integers(node->arguments, MOST_ARGUMENTS);
        while (strcmp(word, "{") == 0) {
            if (node->block_count == MOST_BLOCKS)
                bad_program("too many blocks");
            node->blocks[node->block_count++] = read_block(program);
        }
        *link = node;
        link = &node->next;
    }
    next_word();
    return first;
}

/* The next program; false at the end of the input. */
static bool read_program(struct program *program)
{
    if (word[0] == '\0')
        next_word();
    if (word[0] == '\0')
        return false;
    program->node_count = program->task_count = 0;
    expect("program");
    program->number = integer();
    expect("marks");
    program->marks = integer();
    expect("runs");
    program->runs = integer();
    expect("queues");
    program->queue_count = integers(program->queues, MOST_OBJECTS);
    expect("semaphores");
    program->semaphore_count = integers(program->semaphores, MOST_OBJECTS);
    expect("barriers");
    program->barrier_count = integers(program->barriers, MOST_OBJECTS);
    while (strcmp(word, "task") == 0) {
        if (program->task_count == MOST_TASKS)
            bad_program("too many tasks");
        next_word();
        program->tasks[program->task_count] = read_block(program);
        program->task_count++;
    }
    expect("end");
    return true;
}

#endif
