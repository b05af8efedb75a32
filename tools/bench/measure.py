"""How tools/bench/run measures. Every function adds its samples to a `Results`."""
import concurrent.futures
import os
import re
import resource
import shutil
import socket
import subprocess
import tempfile
import time

import programs
from programs import CC, CFLAGS, CXX, CXXFLAGS, Missing

CORES = sorted(os.sched_getaffinity(0)) if hasattr(os, 'sched_getaffinity') else [0]
SERVER_CORE, CLIENT_CORE = CORES[0], CORES[-1]
HEAVY = {'sleep': 1000000, 'timers': 1000000}
SLOW_HEAVY = 100000  # for Python


class Results:
    """samples[measure][label] is a list of numbers, and so is details[measure][label][what]; instructions[measure][label]
    is a number, missing[tool] what it is missing for."""

    def __init__(self):
        self.samples, self.details, self.instructions, self.missing = {}, {}, {}, {}
        self.system_calls = {}  # [label][name]: how many a request of echo-50 takes

    def add(self, measure, label, value):
        self.samples.setdefault(measure, {}).setdefault(label, []).append(value)

    def add_detail(self, measure, label, what, value):
        self.details.setdefault(measure, {}).setdefault(label, {}).setdefault(what, []).append(value)


def pinned(core):
    """For a child: on this core, with as many descriptors as are allowed."""
    def prepare():
        if hasattr(os, 'sched_setaffinity') and core is not None:
            os.sched_setaffinity(0, {core})
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return prepare


def values(command, core, seconds=300):
    """What a program prints: lines `measure value`."""
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          preexec_fn=pinned(core), timeout=seconds, check=False)
    if done.returncode != 0:
        what = ' '.join(os.path.basename(str(word)) for word in command)
        raise Missing(f'{what} ended with {done.returncode}: {done.stderr.strip()[-300:]}')
    return {name: float(value) for name, value in (line.split() for line in done.stdout.splitlines())}


class Micro:
    """One workload of one program; how many operations take about as long as is wanted is found out by trying."""

    def __init__(self, program, workload, settings):
        self.program, self.workload, self.settings = program, workload, settings
        self.command = [*program.micro.command, *program.arguments, workload]
        self.repetitions, self.done, self.failure = settings.repetitions, 0, ''
        self.n = 0
        if workload in HEAVY:
            self.repetitions = settings.heavy_repetitions
            self.n = settings.tiny or (SLOW_HEAVY if isinstance(program.micro, programs.Script) else HEAVY[workload])
        elif settings.tiny:
            self.n = settings.tiny
        elif isinstance(program.micro, programs.Script):
            self.n = settings.milliseconds * 300  # trying would take longer than that
            if settings.light:
                self.repetitions = settings.least

    def sample(self, results):
        begin = time.monotonic()
        try:
            if self.n == 0:
                first = values([*self.command, 2000], CLIENT_CORE)[self.workload]
                self.n = int(min(max(self.settings.milliseconds * 1e6 / max(first, 0.1), 2000), 50e6))
            for measure, value in values([*self.command, self.n], CLIENT_CORE).items():
                results.add(measure, self.program.name, value)
        except (Missing, subprocess.TimeoutExpired, KeyError) as error:
            self.failure = str(error)
        self.done += 1
        took = time.monotonic() - begin
        if self.done == 1 and self.program.name not in (programs.OURS, programs.FLOORS):
            self.repetitions = min(self.repetitions, max(self.settings.least, int(self.settings.seconds / took)))

    def wants_more(self):
        return not self.failure and self.done < self.repetitions


def micro(wanted, selected, settings, results, say):
    """Whatever the programs have in workloads; they take turns, so that what disturbs the machine disturbs all."""
    items = []
    for program in wanted:
        if program.micro is None or program.missing:
            continue
        for name in subprocess.run([*program.micro.command], stdout=subprocess.PIPE, text=True, check=True).stdout.split():
            too_heavy = name in HEAVY and settings.light and program.name not in settings.light
            if selected(name, program.name) and not too_heavy:
                items.append(Micro(program, name, settings))
    failures = []
    turn = 0
    while items:
        turn += 1
        say(f'turn {turn}: {len(items)} workloads')
        for item in items:
            item.sample(results)
        failures += [item.failure for item in items if item.failure]
        items = [item for item in items if item.wants_more()]
    return failures


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


class Server:
    """with Server(command) as server: a server on a core of its own; PORT in the command is one that is free."""

    def __init__(self, command, core=SERVER_CORE):
        self.port = free_port()
        self.command = [str(self.port) if word == 'PORT' else word for word in command]
        self.core = core

    def __enter__(self):
        # pylint: disable=consider-using-with
        self.errors = tempfile.TemporaryFile('w+')
        self.process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL, stderr=self.errors,
                                        preexec_fn=pinned(self.core))
        for _ in range(1000):
            if self.process.poll() is not None:
                break
            with socket.socket() as s:
                if s.connect_ex(('127.0.0.1', self.port)) == 0:
                    return self
            time.sleep(0.01)
        self.__exit__()
        raise Missing(f'{" ".join(self.command)} does not start')

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.errors.close()

    def cpu_seconds(self):
        total, tasks = 0, f'/proc/{self.process.pid}/task'
        for task in os.listdir(tasks):
            with open(f'{tasks}/{task}/schedstat', encoding='ascii') as file:
                total += int(file.read().split()[0])
        return total / 1e9


def load(server, active, idle, milliseconds):
    return values([*programs.LOAD.command, server.port, active, idle, milliseconds, server.process.pid], CLIENT_CORE, 60)


ECHOES = {'echo-1': (1, 0), 'echo-50': (50, 0), 'echo-500': (500, 0), 'echo-50+5000': (50, 5000)}


def echo_commands(wanted):
    for program in wanted:
        if program.echo is not None and not program.missing:
            for label, arguments in program.servers.items():
                yield program, label, [*program.echo.command, 'PORT', *arguments.split()]


def echo(wanted, selected, settings, results, say):
    """CPU time of the server for each request."""
    failures = []
    for turn in range(settings.echo_rounds):
        say(f'echo, round {turn + 1}')
        for program, label, command in echo_commands(wanted):
            for measure, (active, idle) in ECHOES.items():
                if not selected(measure, program.name) or measure in settings.not_echoed or any(
                        command == failed[0] for failed in failures):
                    continue
                if turn >= settings.least and program.name not in settings.often:
                    continue
                if settings.light and label not in settings.light:
                    continue
                if settings.tiny:
                    active, idle = min(active, 2), min(idle, 2)
                try:
                    with Server(command) as server:
                        found = load(server, active, idle, settings.echo_milliseconds)
                except (Missing, subprocess.TimeoutExpired) as error:
                    failures.append((command, f'{label}, {measure}: {error}'))
                    continue
                results.add(measure, label, found['cpu'])
                for what in ('rate', 'p50', 'p99'):
                    results.add_detail(measure, label, what, found[what])
    return [text for _, text in failures]


HTTP_SIZE = 512  # bytes of the file that is asked for


def http(wanted, selected, settings, results, say):
    """wrk asks for a small file; the floor sends the same bytes whatever it is asked."""
    failures = []
    if not any(selected('http', p.name) for p in wanted) or settings.http_rounds == 0:
        return failures
    if shutil.which('wrk') is None:
        results.missing['wrk'] = 'not installed: http is not measured'
        return failures
    say('http')
    with tempfile.TemporaryDirectory() as directory:
        os.mkdir(f'{directory}/site')
        with open(f'{directory}/site/file.txt', 'w', encoding='ascii') as file:
            file.write('x' * HTTP_SIZE)
        with open(f'{directory}/answer', 'w', encoding='ascii', newline='') as file:
            file.write('HTTP/1.1 200 OK\r\nContent-Length: %d\r\nContent-Type: text/plain\r\n\r\n%s' %
                       (HTTP_SIZE, 'x' * HTTP_SIZE))
        places = {'DIRECTORY': f'{directory}/site', 'ANSWER': f'{directory}/answer'}
        for _ in range(settings.http_rounds):
            for program in wanted:
                if program.http is None or program.missing or not selected('http', program.name):
                    continue
                binary, label, arguments = program.http
                command = [*binary.command, *[places.get(word, word) for word in arguments.split()]]
                try:
                    with Server(command) as server:
                        cpu = server.cpu_seconds()
                        text = subprocess.run(
                            ['wrk', '-t', '1', '-c', '2' if settings.tiny else '50', '-d', '1s', '--latency',
                             f'http://127.0.0.1:{server.port}/file.txt'], stdout=subprocess.PIPE, text=True,
                            preexec_fn=pinned(CLIENT_CORE), check=True, timeout=60).stdout
                        cpu = server.cpu_seconds() - cpu
                except (Missing, subprocess.SubprocessError) as error:
                    failures.append(f'{label}, http: {error}')
                    continue
                requests = int(re.search(r'(\d+) requests in', text)[1])
                if 'Non-2xx' in text or requests == 0:
                    failures.append(f'{label}, http: {text}')
                    continue
                results.add('http', label, cpu * 1e6 / requests)
                results.add_detail('http', label, 'rate', float(re.search(r'Requests/sec: *([\d.]+)', text)[1]))
    return failures


NARROW = ['-DASYNCIO_NET=0', '-DASYNCIO_THREADS=0', '-DASYNCIO_PROCESSES=0']
# label: source, what it is linked with
SMALLEST = {
    'ours': ('peers/smallest/asyncio_h.c', ['-pthread']),
    'nothing': ('peers/smallest/nothing.c', []),
    'libev': ('peers/smallest/libev.c', ['-lev', '-lm']),
    'libuv': ('peers/smallest/libuv.c', ['-l:libuv_a.a', '-lpthread', '-ldl', '-lrt']),
    'libevent': ('peers/smallest/libevent.c', ['-levent']),
    'C++20': ('peers/smallest/coroutines.cc', []),
    'Asio': ('peers/smallest/asio.cc', ['-pthread']),
}

def compiler(source):
    if source.endswith('.c'):
        return [CC, '-std=c99', '-D_POSIX_C_SOURCE=200809L', *CFLAGS, '-w', '-I../../include']
    return [CXX, '-std=c++20', *CXXFLAGS, '-w']


def compile_ms(command):
    """CPU time of a command and its children, in milliseconds."""
    begin = resource.getrusage(resource.RUSAGE_CHILDREN)
    status, text = programs.output(command, preexec_fn=pinned(CLIENT_CORE))
    end = resource.getrusage(resource.RUSAGE_CHILDREN)
    if status != 0:
        raise Missing(programs.first_error(text))
    return (end.ru_utime + end.ru_stime - begin.ru_utime - begin.ru_stime) * 1e3


def compiling(selected, settings, results, say):
    """CPU time of compiling a file that includes the header, beside an empty one and the smallest use of the peers."""
    header = 'peers/smallest/header.c'
    jobs = [('ours', ['compile-core'], header, NARROW), ('ours', ['compile'], header, [])]
    for label, (source, _) in SMALLEST.items():
        if label != 'ours' and not ((settings.light or settings.tiny) and label == 'Asio'):
            jobs.append((label, ['compile-core', 'compile'], source, []))
    jobs = [job for job in jobs if any(selected(measure, job[0]) for measure in job[1])]
    if jobs:
        say('compiling')
    for turn in range(settings.compile_repetitions):
        for job in list(jobs):
            label, measures, source, flags = job
            try:
                ms = compile_ms([*compiler(source), *flags, '-c', source, '-o', '/dev/null'])
            except Missing:
                jobs.remove(job)
                continue
            for measure in measures:
                results.add(measure, label, ms)
            if ms > 1000 and turn >= 2:
                jobs.remove(job)


def text_size(path):
    return int(programs.output(['size', path])[1].splitlines()[1].split()[0])


def sizes(selected, results, say):
    """Bytes: of static programs without symbols; of code and constants, beyond what a program has that does nothing."""
    failures = []
    jobs = []
    if selected('static', programs.OURS):
        jobs += [('static', label, source, ['-static', '-s', *(NARROW if label == 'ours' else []), *CFLAGS], libraries)
                 for label, (source, libraries) in SMALLEST.items() if label != 'Asio']
    small = ['-Os', '-ffunction-sections', '-fdata-sections', '-Wl,--gc-sections']
    for measure, source, flags in (('text-core', 'peers/smallest/asyncio_h.c', NARROW),
                                   ('text-stream', '../../examples/21_stream_server.c', [])):
        if selected(measure, programs.OURS):
            jobs.append((measure, 'ours', source, [*small, *flags], ['-pthread']))
            jobs.append((measure, 'nothing', 'peers/smallest/nothing.c', small, []))
    if jobs:
        say('sizes')

    def size(job):
        measure, label, source, flags, libraries = job
        with tempfile.TemporaryDirectory() as directory:
            out = f'{directory}/out'
            status, text = programs.output([*compiler(source), *flags, source, '-o', out, *libraries])
            if status != 0:
                if label in ('ours', 'nothing'):
                    failures.append(f'{measure}: {programs.first_error(text)}')
                return 0
            return os.path.getsize(out) if measure == 'static' else text_size(out)

    with concurrent.futures.ThreadPoolExecutor(len(CORES)) as pool:
        found = {job[:2]: bytes for job, bytes in zip(jobs, pool.map(size, jobs))}
    for (measure, label), bytes in found.items():
        if measure == 'static' and bytes > 0:
            results.add(measure, label, bytes)
        elif measure != 'static' and label == 'ours' and bytes > 0:
            results.add(measure, label, bytes - found[measure, 'nothing'])
    return failures


COUNTED = {programs.OURS, programs.FLOORS, 'C++20', 'libev', 'libuv', 'libevent'}


def collected(text):
    found = re.search(r'Collected : (\d+)', text)
    if found is None:
        raise Missing('valgrind: ' + text.strip()[-200:])
    return int(found[1])


CALLGRIND = ['valgrind', '--tool=callgrind', '--callgrind-out-file=/dev/null']


def instructions(wanted, selected, settings, results, say):
    """Of one operation: what more operations add, divided by how many more they are."""
    failures = []
    if shutil.which('valgrind') is None:
        results.missing['valgrind'] = 'not installed: instructions are not counted'
        return failures
    say('instructions')

    def count(item):
        program, name = item
        n = 1000 if settings.tiny else 20000
        try:
            once, thrice = (collected(programs.output([*CALLGRIND, *program.micro.command, name, str(k)], timeout=300)[1])
                            for k in (n, 3 * n))
            results.instructions.setdefault(name, {})[program.name] = (thrice - once) / (2 * n)
        except Missing as reason:
            failures.append(f'instructions, {program.name}, {name}: {reason}')

    items = []
    for program in wanted:
        if program.micro is not None and not program.missing and program.name in COUNTED:
            names = subprocess.run(program.micro.command, stdout=subprocess.PIPE, text=True, check=True).stdout.split()
            items += [(program, name) for name in names if name not in HEAVY and selected(name, program.name)]
    with concurrent.futures.ThreadPoolExecutor(len(CORES)) as pool:  # counts do not mind what else is running
        list(pool.map(count, items))

    for program, label, command in echo_commands(wanted):
        if program.name not in COUNTED | {'raw poll', 'raw epoll'} or not selected('echo-50', program.name):
            continue
        if settings.tiny and label != 'ours':
            continue
        try:
            counts = []
            for milliseconds in (1, 1 if settings.tiny else 700):
                with tempfile.NamedTemporaryFile('r') as log:
                    with Server([*CALLGRIND, f'--log-file={log.name}', *command]) as server:
                        requests = load(server, 50, 0, milliseconds)['requests']
                    counts.append((collected(log.read()), requests))
            (fewer_instructions, fewer), (more_instructions, more) = counts
            if more > fewer:
                results.instructions.setdefault('echo-50', {})[label] = (
                    more_instructions - fewer_instructions) / (more - fewer)
        except (Missing, subprocess.TimeoutExpired) as reason:
            failures.append(f'instructions, {label}, echo-50: {reason}')
    return failures


def calls(text):
    """What strace -c has counted: name: how often."""
    found = {}
    for line in text.splitlines():
        words = line.split()
        if len(words) >= 5 and words[3].isdigit() and words[-1] != 'total':
            found[words[-1]] = int(words[3])
    return found


def system_calls(wanted, selected, settings, results, say):
    """Of one request: what more requests add, divided by how many more they are. How many of the clients' hang-ups the
    server still sees is not always the same: a few hundredths mean nothing."""
    failures = []
    if shutil.which('strace') is None:
        results.missing['strace'] = 'not installed: system calls are not counted'
        return failures
    if programs.output(['strace', '-c', '-o', '/dev/null', 'true'])[0] != 0:
        results.missing['strace'] = 'may not trace here: system calls are not counted'
        return failures
    say('system calls')
    for program, label, command in echo_commands(wanted):
        if program.name not in COUNTED | {'raw poll', 'raw epoll'} or not selected('echo-50', program.name):
            continue
        if settings.tiny and label != 'ours, epoll':
            continue
        try:
            counts = []
            for milliseconds in (1, 100 if settings.tiny else 1000):
                with tempfile.NamedTemporaryFile('r') as log:
                    with Server(['strace', '-D', '-f', '-c', '-o', log.name, *command]) as server:
                        requests = load(server, 50, 0, milliseconds)['requests']
                    text = ''
                    for _ in range(200):  # strace writes it when the server has ended
                        text += log.read()
                        if 'total' in text:
                            break
                        time.sleep(0.02)
                    counts.append((calls(text), requests))
            (before, fewer), (after, more) = counts
            if not after or more <= fewer:
                raise Missing('strace has counted nothing')
            each = {name: (count - before.get(name, 0)) / (more - fewer) for name, count in after.items()}
            results.system_calls[label] = {name: round(count, 3) for name, count in each.items() if count >= 0.002}
        except (Missing, subprocess.TimeoutExpired) as reason:
            failures.append(f'system calls, {label}: {reason}')
    return failures


def machine():
    """What it was measured on."""
    def first(path, pattern):
        try:
            with open(path, encoding='utf-8') as file:
                return re.search(pattern, file.read())[1].strip()
        except (OSError, TypeError):
            return ''

    def line(*command):
        try:
            return programs.output(list(command))[1].splitlines()[0]
        except (Missing, IndexError):
            return ''

    return {
        'processor': first('/proc/cpuinfo', r'model name\s*: (.*)'),
        'cores': len(CORES),
        'kernel': ' '.join(os.uname()[i] for i in (0, 2)),
        'system': first('/etc/os-release', r'PRETTY_NAME="(.*)"'),
        'compiler': line(CC, '--version'),
        'flags': ' '.join(CFLAGS),
        'load': os.getloadavg()[0],
    }


def versions(wanted):
    """Of the packages."""
    found = {}
    for program in wanted:
        for name in program.packages:
            try:
                status, text = programs.output(['dpkg-query', '-W', '-f=${Version}', name])
            except Missing:
                return found
            if status == 0:
                found[name] = text
    return found
