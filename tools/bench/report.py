"""What tools/bench/run makes of its samples: comparisons, the table, the JSON, the section of the README."""
import json
import re
import statistics
import textwrap

# measure, what it is, unit
ROWS = [
    ('resume-2', 'resume through the loop, 2 tasks', 'ns'),
    ('resume-1000', 'resume through the loop, 1,000 tasks', 'ns'),
    ('call', 'await a child that does not suspend', 'ns'),
    ('call-apart', 'await a child that does not suspend, in another file', 'ns'),
    ('depth-1', 'resume at await depth 1', 'ns'),
    ('depth-10', 'resume at await depth 10', 'ns'),
    ('depth-100', 'resume at await depth 100', 'ns'),
    ('depth-1000', 'resume at await depth 1,000', 'ns'),
    ('create-join', 'create and join a task', 'ns'),
    ('create-join-static', 'create and join a task in static memory', 'ns'),
    ('create-join-malloc', 'create and join a task with a frame of 4 KiB', 'ns'),
    ('gather', 'gather 1,000 tasks, each', 'ns'),
    ('ping-pong', 'queue, there and back', 'ns'),
    ('queue-1', 'queue of 1, an item', 'ns'),
    ('queue-100', 'queue of 100, an item', 'ns'),
    ('lock', 'lock handed over', 'ns'),
    ('sleep-start', 'a million tasks asleep: start one', 'ns'),
    ('sleep-wake', 'a million tasks asleep: wake one', 'ns'),
    ('sleep-bytes', 'a million tasks asleep: memory of one', 'bytes'),
    ('timer-start', 'a million timers: start one', 'ns'),
    ('timer-later', 'a million timers: start one, reading the clock', 'ns'),
    ('timer-fire', 'a million timers: fire one', 'ns'),
    ('timer-cancel', 'a million timers: cancel one', 'ns'),
    ('echo-1', 'TCP echo, 1 connection: CPU per request', 'us'),
    ('echo-50', 'TCP echo, 50 connections', 'us'),
    ('echo-500', 'TCP echo, 500 connections', 'us'),
    ('echo-50+5000', 'TCP echo, 50 busy among 5,000 idle', 'us'),
    ('http', 'HTTP, a file of 512 bytes: CPU per request', 'us'),
    ('compile-core', 'compile a file with the header, the core', 'ms'),
    ('compile', 'compile a file with the header, all of it', 'ms'),
    ('static', 'a static program with one timer', 'bytes'),
    ('text-core', 'code of the core, -Os', 'bytes'),
    ('text-stream', 'code of a stream server, -Os', 'bytes'),
]

# What the floors measure under names of their own: the rows it belongs into, and its label there.
FLOORS = {
    'indirect-2': ('indirect call', ['resume-2']),
    'indirect-1000': ('indirect call', ['resume-1000']),
    'fifo-2': ('C, a FIFO', ['resume-2']),
    'fifo-1000': ('C, a FIFO', ['resume-1000']),
    'call-plain': ('plain call', ['call', 'call-apart']),
    'call-stack': ('C, frame stack', ['call']),
    'call-stack-apart': ('C, frame stack', ['call-apart']),
    'malloc-free': ('malloc, free', ['create-join', 'create-join-static', 'create-join-malloc', 'gather', 'sleep-start',
                                     'sleep-wake']),
    'ready-pong': ('C, a queue', ['ping-pong']),
    'ready-queue-1': ('C, a queue', ['queue-1']),
    'ready-queue-100': ('C, a queue', ['queue-100']),
    'timer-start': ('C, a heap', ['timer-start', 'timer-later']),
    'timer-fire': ('C, a heap', ['timer-fire']),
    'timer-cancel': ('C, a heap', ['timer-cancel']),
    'sleep-start': ('C, a heap', ['sleep-start']),
    'sleep-wake': ('C, a heap', ['sleep-wake']),
    'sleep-bytes': ('C, a heap', ['sleep-bytes']),
}

# Not to be beaten, but to be compared with.
FLOOR_LABELS = {label for label, _ in FLOORS.values()} | {'raw poll', 'raw epoll', 'nothing'}

# measure, what is held against what, at most how much of it
TARGETS = [
    ('resume-2', 'ours', 'indirect call', 1.5),
    ('resume-1000', 'ours', 'indirect call', 1.5),
    ('resume-1000', 'ours', 'C++20', 1.0),
    ('call', 'ours', 'C, frame stack', 1.1),
    ('call', 'ours', 'plain call', 2.5),
    ('depth-1000', 'ours', 'depth-1: ours', 1.1),
    ('create-join', 'ours', 'malloc, free', 1.0),
    ('create-join-static', 'ours', 'malloc, free', 1.0),
    ('create-join-malloc', 'ours', 'malloc, free', 2.0),
    ('ping-pong', 'ours', 'C++20', 1.1),
    ('queue-1', 'ours', 'C++20', 1.1),
    ('queue-100', 'ours', 'C++20', 1.1),
    ('sleep-start', 'ours', 'malloc, free', 14),
    ('sleep-wake', 'ours', 'malloc, free', 8),
    ('sleep-bytes', 'ours', '', 128),
    ('timer-start', 'ours', 'libev', 1 / 3),
    ('timer-fire', 'ours', 'libev', 1 / 3),
    ('timer-cancel', 'ours', 'libev', 1 / 3),
    ('timer-start', 'ours', 'libuv', 1 / 10),
    ('timer-fire', 'ours', 'libuv', 1 / 10),
    ('timer-cancel', 'ours', 'libuv', 1 / 10),
    ('echo-50', 'ours, poll', 'raw poll', 1.02),
    ('echo-500', 'ours, poll', 'raw poll', 1.02),
    ('echo-50+5000', 'ours, poll', 'raw poll', 1.02),
    ('echo-50', 'ours, epoll', 'raw epoll', 1.02),
    ('echo-500', 'ours, epoll', 'raw epoll', 1.02),
    ('echo-50+5000', 'ours, epoll', 'raw epoll', 1.02),
    ('echo-50+5000', 'ours', 'raw epoll', 1.02),
    ('compile-core', 'ours', 'nothing', 25 / 15),
    ('compile', 'ours', 'nothing', 45 / 15),
    ('static', 'ours', 'libuv', 1.0),
    ('text-core', 'ours', '', 8192),
    ('text-stream', 'ours', '', 16384),
]
# Ahead of all of these, in these rows.
AHEAD = {
    'libraries': {'libev', 'libuv', 'libevent', 'Asio', 'Pth', 'tokio', 'Go', 'asyncio', 'uvloop'},
    'rows': ['ping-pong', 'queue-1', 'queue-100', 'sleep-start', 'sleep-wake', 'sleep-bytes'],
}
TIMERS_ONLY = {'libev', 'libuv', 'libevent'}  # have no tasks: what they put to sleep is a timer
INSTRUCTIONS = ('echo-50', 'ours', 120)

BEGIN = '<!-- written by tools/bench/run --readme -->'
END = '<!-- to here -->'


def summary(samples):
    samples = [float(f'{sample:.5g}') for sample in samples]
    return {'median': statistics.median(samples), 'least': min(samples), 'greatest': max(samples), 'samples': samples}


def assemble(results, settings, machine, versions, missing, failures, seconds):
    """The document that is written as JSON, and from which everything else is made."""
    rows = []
    for measure, text, unit in ROWS:
        found = {}
        for label, samples in results.samples.get(measure, {}).items():
            if label != 'floors':
                found[label] = summary(samples)
                if label in results.instructions.get(measure, {}):
                    found[label]['instructions'] = round(results.instructions[measure][label], 1)
                for what, details in results.details.get(measure, {}).get(label, {}).items():
                    found[label][what] = summary(details)
        if not found:
            continue
        for name, (label, measures) in FLOORS.items():
            if measure in measures and 'floors' in results.samples.get(name, {}):
                found[label] = summary(results.samples[name]['floors'])
                if 'floors' in results.instructions.get(name, {}):
                    found[label]['instructions'] = round(results.instructions[name]['floors'], 1)
        if measure == 'echo-50':
            for label, counts in results.system_calls.items():
                if label in found:
                    found[label]['system_calls'] = counts
        rows.append({'measure': measure, 'text': text, 'unit': unit, 'results': found})
    document = {'format': 1, 'machine': machine, 'versions': versions, 'settings': settings, 'seconds': round(seconds),
                'missing': missing, 'failures': failures, 'rows': rows}
    document['targets'] = targets(document)
    return document


def as_json(document):
    """A line for each object that has no others in it."""
    text = json.dumps(document, indent=1)
    return re.sub(r'[\[{][^][{}]*[]}]', lambda match: re.sub(r'\s+', ' ', match[0]), text) + '\n'


def find(document, measure, label):
    for row in document['rows']:
        if row['measure'] == measure:
            return row['results'].get(label)
    return None


def targets(document):
    """Each with what was found; what was not measured is left out."""
    found = []

    def hold(measure, label, against, at_most):
        ours = find(document, measure, label)
        other_measure, _, other = against.rpartition(': ')
        theirs = find(document, other_measure or measure, other) if against else {'median': 1}
        if ours is None or theirs is None or theirs['median'] <= 0:
            return
        ratio = ours['median'] / theirs['median']
        target = {'measure': measure, 'label': label, 'against': against, 'at_most': at_most, 'found': round(ratio, 3),
                  'holds': ratio <= at_most}
        if against and 'instructions' in ours and theirs.get('instructions', 0) > 0:
            target['instructions'] = round(ours['instructions'] / theirs['instructions'], 3)
        found.append(target)

    for target in TARGETS:
        hold(*target)
    for row in document['rows']:
        if row['measure'] in AHEAD['rows']:
            for label in row['results']:
                if label in AHEAD['libraries'] and not (row['measure'].startswith('sleep') and label in TIMERS_ONLY):
                    hold(row['measure'], 'ours', label, 1.0)
    # the automatic choice is as good as the better one
    for measure in ('echo-50', 'echo-500', 'echo-50+5000'):
        pinned = [(find(document, measure, label) or {}).get('median') for label in ('ours, poll', 'ours, epoll')]
        if None not in pinned:
            hold(measure, 'ours', ('ours, poll', 'ours, epoll')[pinned.index(min(pinned))], 1.02)
    calls = (find(document, 'echo-50', 'ours, epoll') or {}).get('system_calls')
    if calls:
        found.append({'measure': 'echo-50', 'label': 'ours, epoll', 'against': 'epoll_ctl', 'at_most': 0.05,
                      'found': calls.get('epoll_ctl', 0), 'holds': calls.get('epoll_ctl', 0) <= 0.05})
    measure, label, at_most = INSTRUCTIONS
    counted = (find(document, measure, label) or {}).get('instructions')
    if counted is not None:
        found.append({'measure': measure, 'label': label, 'against': 'instructions', 'at_most': at_most, 'found': counted,
                      'holds': counted <= at_most})
    return found


def number(value):
    if value >= 1000:
        return f'{value:,.0f}'
    return f'{value:.0f}' if value >= 99.5 else f'{value:.1f}' if value >= 9.95 else f'{value:.2f}'


def in_order(row):
    """Ours, the floors, the peers from the fastest."""
    def key(item):
        label, result = item
        return (not label.startswith('ours'), label not in FLOOR_LABELS, result['median'])
    return sorted(row['results'].items(), key=key)


def table(document):
    """Lines of text."""
    lines = [f'{"":42} {"median":>9} {"least":>9} {"greatest":>9} {"ours / it":>9} {"at most":>8} {"instructions":>13}']
    for row in document['rows']:
        lines.append(f'{row["text"]}, {row["unit"]}')
        ours = row['results'].get('ours')
        for label, result in in_order(row):
            line = f'    {label:38} {number(result["median"]):>9} {number(result["least"]):>9} {number(result["greatest"]):>9}'
            ratio = ours['median'] / result['median'] if ours and result['median'] > 0 and label != 'ours' else None
            limits = [t for t in document['targets'] if t['measure'] == row['measure'] and t['against'] == label
                      and t['label'] == 'ours']
            line += f' {ratio:9.2f}' if ratio is not None else ' ' * 10
            line += f' {limits[0]["at_most"]:8.2f}' if limits else ' ' * 9
            line += f' {result["instructions"]:13.1f}' if 'instructions' in result else ' ' * 14
            line += '  ABOVE' if limits and not limits[0]['holds'] else ''
            lines.append(line.rstrip())
            if 'system_calls' in result:
                lines.append('        system calls: ' + ', '.join(f'{name} {count:.2f}' for name, count in sorted(
                    result['system_calls'].items())))
    lines += ['', 'missing:'] if document['missing'] else []
    lines += [f'    {name}: {reason}' for name, reason in document['missing'].items()]
    lines += ['', 'failed:'] if document['failures'] else []
    lines += [f'    {failure}' for failure in document['failures']]
    missed = [t for t in document['targets'] if not t['holds']]
    lines += ['', f'{len(document["targets"]) - len(missed)} of {len(document["targets"])} targets hold'
              + (', these do not:' if missed else '')]
    lines += ['    ' + in_words(document, target) for target in missed]
    return lines


def in_words(document, target):
    text = next(row['text'] for row in document['rows'] if row['measure'] == target['measure'])
    who = '' if target['label'] == 'ours' else f' ({target["label"]})'
    if target['against'] == 'instructions':
        return f'{text}{who}: {number(target["found"])} instructions, at most {target["at_most"]:g}'
    if target['against'] == 'epoll_ctl':
        return f'{text}{who}: {target["found"]:.2f} epoll_ctl for each request'
    if not target['against']:
        return f'{text}{who}: {number(target["found"])}, at most {target["at_most"]:g}'
    words = f'{text}{who}: {target["found"]:.2f} times {target["against"]}, at most {target["at_most"]:.2f}'
    return words + (f'; in instructions {target["instructions"]:.2f}' if 'instructions' in target else '')


# The columns of the README's tables: heading, labels of which the first that is there is shown.
COLUMNS = [
    ('asyncio.h', ['ours']), ('C++20', ['C++20']), ('libev', ['libev']), ('libuv', ['libuv']), ('libevent', ['libevent']),
    ('Asio', ['Asio']), ('Pth', ['Pth']), ('tokio', ['tokio']), ('Go', ['Go']),
    ('asyncio', ['asyncio', 'asyncio, streams']), ('uvloop', ['uvloop', 'uvloop, streams']),
]
GROUPS = [
    ('ns of CPU time', ['resume-2', 'resume-1000', 'call', 'depth-1', 'depth-10', 'depth-100', 'depth-1000', 'create-join',
                        'create-join-static', 'create-join-malloc', 'gather', 'ping-pong', 'queue-1', 'queue-100', 'lock',
                        'sleep-start', 'sleep-wake', 'sleep-bytes', 'timer-start', 'timer-later', 'timer-fire',
                        'timer-cancel']),
    ('us of the server\'s CPU time for each request', ['echo-1', 'echo-50', 'echo-500', 'echo-50+5000', 'http']),
    ('ms of CPU time; bytes', ['compile-core', 'compile', 'static', 'text-core', 'text-stream']),
]


def readme(document):
    """The lines between the markers, which are among them."""
    machine = document['machine']
    lines = [BEGIN, '', *textwrap.wrap(
             f'Measured with `tools/bench/run` on {machine["cores"]} cores of {machine["processor"]}, {machine["kernel"]}, '
             f'{machine["system"]}, {machine["compiler"]}, `{machine["flags"]}`; medians of one run. Times are CPU times, the '
             'programs take turns, ratios count. *Floor* is the same in hand-written C with nothing else around it: '
             'which, the JSON file and the tool say. The load of the machine was '
             f'{machine["load"]:.1f}, of which 1 is the run itself. libev, libuv and libevent have no tasks: what they '
             'resume is a callback, and what sleeps is a timer. The C++20 coroutines sleep in a list without timers. asyncio and uvloop have '
             '100,000 of what the others have a million of. All run in one thread.', 124), '']
    for heading, measures in GROUPS:
        rows = [row for row in document['rows'] if row['measure'] in measures]
        columns = [(title, labels) for title, labels in COLUMNS if any(l in row['results'] for row in rows for l in labels)]
        lines += [f'| {heading} | ' + ' | '.join([columns[0][0], 'floor'] + [title for title, _ in columns[1:]]) + ' |',
                  '|---|' + '---:|' * (len(columns) + 1)]
        for row in rows:
            floors = [result['median'] for label, result in row['results'].items() if label in FLOOR_LABELS]
            cells = []
            for _, labels in columns:
                found = [row['results'][label]['median'] for label in labels if label in row['results']]
                cells.append(number(found[0]) if found else '')
            cells.insert(1, number(min(floors)) if floors else '')
            text = row['text'] + (', bytes' if row['measure'] == 'sleep-bytes' else '')
            lines.append(f'| {text} | ' + ' | '.join(cells) + ' |')
        lines.append('')
    behind = []
    for row in document['rows']:
        ours = row['results'].get('ours')
        better = [(label, ours['median'] / result['median']) for label, result in row['results'].items()
                  if ours and not label.startswith('ours') and label not in FLOOR_LABELS and result['median'] > 0
                  and ours['median'] > 1.005 * result['median']]
        if better:
            behind.append(f'- {row["text"]}: ' + ', '.join(f'{label} {1 / ratio:.2f}' for label, ratio in
                                                           sorted(better, key=lambda item: -item[1])))
    lines += (['Where others are ahead, and how much of what asyncio.h takes they take:', ''] + behind if behind else
              ['Nobody is ahead in any row.'])
    missed = [target for target in document['targets'] if not target['holds']]
    if missed:
        lines += ['', 'Of what we set ourselves, this was not reached in that run:', '']
        lines += [f'- {in_words(document, target)}' for target in missed]
    if document['missing']:
        lines += ['', 'Not there: ' + ', '.join(document['missing']) + '.']
    return lines + ['', END]


def into_readme(text, document):
    begin, end = text.index(BEGIN), text.index(END) + len(END)
    return text[:begin] + '\n'.join(readme(document)) + text[end:]
