"""Programs of the fuzzer: trees of operations in a text that oracle.py and fuzz.c both read.

    program 7 marks 1 runs 0 queues 0 1 12 semaphores 1 1 2 barriers 2 3
    task { create pp 1 sleep sp 2 timeout ps 1 { join pp 1 } }
    task { lock pp 0 { sleep cp 3 } return pp }
    end

A node is a name, two letters that say what happens to its failure, its integers, its blocks in braces. The letters are
for CANCELLED and for any other error: p passes it on, s swallows it, c turns it into another error. Task 0 is main; if
there are several runs, by one runner, the first tasks are the mains.
A queue is given by its size, and 10 more for a LIFO queue, 20 more for a priority queue; a semaphore by its permits, a
barrier by its parties. Line ends mean nothing. A node's number in the log is its place in the text, from 0.
"""


class Node:
    def __init__(self, name, handling, args=(), blocks=()):
        self.name, self.handling = name, handling
        self.args, self.blocks = list(args), [list(block) for block in blocks]
        self.index = -1

    def words(self):
        yield self.name
        yield self.handling
        yield from map(str, self.args)
        for block in self.blocks:
            yield "{"
            for node in block:
                yield from node.words()
            yield "}"


class Program:
    def __init__(self, number, marks, runs, queues, semaphores, barriers, tasks):
        self.number, self.marks, self.runs, self.tasks = number, marks, runs, tasks
        self.queues, self.semaphores, self.barriers = queues, semaphores, barriers

    def text(self):
        objects = "queues", self.queues, "semaphores", self.semaphores, "barriers", self.barriers
        words = (part if isinstance(part, str) else " ".join(map(str, part)) for part in objects)
        head = f"program {self.number} marks {self.marks} runs {self.runs} {' '.join(words)}"
        tasks = ("task { " + " ".join(word for node in task for word in node.words()) + " }" for task in self.tasks)
        return "\n".join([head, *tasks, "end"]) + "\n"

    def number_nodes(self):
        """Gives every node its place in the text; needed before a run of a tree that was not parsed."""
        count = 0
        stack = [node for task in reversed(self.tasks) for node in reversed(task)]
        while stack:
            node = stack.pop()
            node.index, count = count, count + 1
            stack.extend(inner for block in reversed(node.blocks) for inner in reversed(block))
        return count


class Words:
    """The words of a text with one word of look-ahead."""

    def __init__(self, text):
        self.words, self.place = text.split(), 0

    def peek(self):
        return self.words[self.place] if self.place < len(self.words) else ""

    def next(self):
        self.place += 1
        return self.words[self.place - 1]

    def expect(self, *words):
        for word in words:
            if self.peek() != word:
                raise SyntaxError(f"word {self.place}: {word!r} expected, {self.peek()!r} found")
            self.place += 1

    def integers(self):
        found = []
        while self.peek().lstrip("-").isdigit():
            found.append(int(self.next()))
        return found


def parse_block(words):
    words.expect("{")
    nodes = []
    while words.peek() != "}":
        node = Node(words.next(), words.next(), words.integers())
        while words.peek() == "{":
            node.blocks.append(parse_block(words))
        nodes.append(node)
    words.expect("}")
    return nodes


def parse(text):
    """Yields the programs of a text."""
    words = Words(text)
    while words.peek():
        words.expect("program")
        number = int(words.next())
        words.expect("marks")
        marks = int(words.next())
        words.expect("runs")
        runs = int(words.next())
        words.expect("queues")
        queues = words.integers()
        words.expect("semaphores")
        semaphores = words.integers()
        words.expect("barriers")
        program = Program(number, marks, runs, queues, semaphores, words.integers(), [])
        while words.peek() == "task":
            words.expect("task")
            program.tasks.append(parse_block(words))
        words.expect("end")
        program.number_nodes()
        yield program
