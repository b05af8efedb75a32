"""What tools/bench/run measures: our programs, the floors and the peers, and how each is built."""
import concurrent.futures
import hashlib
import os
import shlex
import shutil
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
BUILD = os.environ.get('BENCH_BUILD', os.path.join(HERE, 'build'))
CC = os.environ.get('CC', 'cc')
CXX = os.environ.get('CXX', 'c++')
CFLAGS = shlex.split(os.environ.get('CFLAGS', '-O2'))
CXXFLAGS = shlex.split(os.environ.get('CXXFLAGS', '-O2'))


class Missing(Exception):
    """It cannot be built or run here; says why."""


def output(command, **arguments):
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors='replace',
                              cwd=HERE, check=False, **arguments)
    except OSError as error:
        raise Missing(f'no {command[0]}') from error
    except subprocess.TimeoutExpired as error:
        raise Missing(f'{command[0]} takes too long') from error
    return done.returncode, done.stdout


class Binary:
    """A program that is built: the command that runs it is .command. slow: takes several seconds to build."""

    def __init__(self, name, sources, compiler, flags, libraries=(), slow=False):
        self.name, self.sources, self.slow = name, sources, slow
        self.path = os.path.join(BUILD, name)
        self.command = [self.path]
        self.line = [*compiler, '-o', self.path, *flags, *sources, *libraries]

    def inputs(self):
        headers = ['bench.h', 'child.h', 'peers/listen.h', '../../include/asyncio.h', '../../examples/http.h']
        return [*self.sources, *headers] if self.line[0] in (CC, CXX) else self.sources

    def stamp(self):
        digest = hashlib.sha256(repr(self.line).encode())
        for name in self.inputs():
            with open(os.path.join(HERE, name), 'rb') as file:
                digest.update(file.read())
        return digest.hexdigest()

    def is_built(self):
        try:
            with open(self.path + '.stamp', encoding='utf-8') as file:
                return file.read() == self.stamp() and os.path.exists(self.path)
        except OSError:
            return False

    def make(self):
        status, text = output(self.line, env={**os.environ, 'GO111MODULE': 'off'})
        if status != 0:
            raise Missing(first_error(text))
        return text

    def build(self):
        if self.is_built():
            return ''
        os.makedirs(os.path.dirname(self.path), exist_ok=True)
        text = self.make()
        with open(self.path + '.stamp', 'w', encoding='utf-8') as file:
            file.write(self.stamp())
        return text


class Crate(Binary):
    """tokio's two programs, with the crates that Debian has; cargo builds both at once."""

    def __init__(self, name):
        super().__init__(name, ['peers/tokio/Cargo.toml', 'peers/tokio/src/micro.rs', 'peers/tokio/src/echo.rs'],
                         ['cargo'], [], slow=True)
        self.path = os.path.join(BUILD, 'tokio', 'release', name)
        self.command = [self.path]

    def make(self):
        # cargo looks for its configuration, which says where the crates are, upward from the directory it runs in
        status, text = output(['sh', '-c', 'cd peers/tokio && exec cargo build --release --offline --quiet --bin "$0" '
                               '--target-dir "$1"', self.name, os.path.join(BUILD, 'tokio')])
        if status != 0:
            raise Missing(first_error(text))
        return text


class Script:
    """A program for an interpreter, which must have a module."""
    slow = False

    def __init__(self, source, module):
        self.source, self.module = source, module
        self.command = []

    def is_built(self):
        return True

    def build(self):
        for python in ('python3', '/usr/bin/python3'):
            if shutil.which(python) and output([python, '-c', f'import {self.module}'])[0] == 0:
                self.command = [python, os.path.join(HERE, self.source)]
                return ''
        raise Missing(f'Python has no {self.module}')


def first_error(text):
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    for line in lines:
        if 'error' in line or 'cannot find' in line:
            return line
    return lines[0] if lines else 'it does not compile'


def c(name, sources, *libraries):
    ours = ['-I../../include'] if not sources.startswith('peers/') else []
    return Binary(name, sources.split(), [CC], ['-std=c99', '-D_POSIX_C_SOURCE=200809L', *CFLAGS, *ours], libraries)


def cxx(name, sources, *libraries, slow=False):
    return Binary(name, sources.split(), [CXX], ['-std=c++20', *CXXFLAGS], libraries, slow)


def go(name, source):
    return Binary(name, [source], ['go', 'build'], [])


class Program:
    """micro: has workloads of its own, with a number of operations; echo, http: label of a server, and its arguments."""

    def __init__(self, name, packages='', micro=None, arguments=(), echo=None, servers=None, http=None, version=''):
        self.name, self.packages, self.version = name, packages.split(), version
        self.micro, self.arguments = micro, list(arguments)
        self.echo, self.servers = echo, servers or {}
        self.http = http
        self.missing = ''

    def binaries(self):
        return [b for b in (self.micro, self.echo, self.http[0] if self.http else None) if b is not None]


LOAD = Binary('load', ['load.c'], [CC], ['-std=c99', '-O2'])
RAW_EPOLL = c('echo_epoll', 'peers/echo_epoll.c')
OURS, FLOORS, RAW_HTTP = 'ours', 'floors', 'raw epoll'

PROGRAMS = [
    Program(OURS, micro=c('ours', 'ours.c child.c', '-pthread'), echo=c('echo', 'echo.c', '-pthread'), servers={
        'ours': 'fd automatic', 'ours, poll': 'fd poll', 'ours, epoll': 'fd epoll', 'ours, streams': 'stream automatic',
        'ours, protocols': 'protocol automatic',
    }, http=(c('file_server', '../../examples/36_file_server.c', '-pthread'), 'ours', 'DIRECTORY PORT')),
    Program(FLOORS, micro=c('floors', 'floors.c')),
    Program('raw poll', echo=c('echo_poll', 'peers/echo_poll.c'), servers={'raw poll': ''}),
    Program('raw epoll', echo=RAW_EPOLL, servers={'raw epoll': ''}, http=(RAW_EPOLL, RAW_HTTP, 'PORT ANSWER')),
    Program('C++20', 'g++', micro=cxx('coroutines', 'peers/coroutines.cc')),
    Program('libev', 'libev-dev', micro=c('libev', 'peers/libev.c', '-lev'),
            echo=c('echo_libev', 'peers/echo_libev.c', '-lev'), servers={'libev': ''}),
    Program('libuv', 'libuv1-dev', micro=c('libuv', 'peers/libuv.c', '-luv'),
            echo=c('echo_libuv', 'peers/echo_libuv.c', '-luv'), servers={'libuv': ''}),
    Program('libevent', 'libevent-dev', micro=c('libevent', 'peers/libevent.c', '-levent'),
            echo=c('echo_libevent', 'peers/echo_libevent.c', '-levent'), servers={'libevent': ''}),
    Program('Asio', 'g++ libboost-dev', micro=cxx('asio', 'peers/asio.cc', '-pthread', slow=True),
            echo=cxx('echo_asio', 'peers/echo_asio.cc', '-pthread', slow=True), servers={'Asio': ''}),
    Program('Pth', 'libpth-dev', micro=c('pth', 'peers/pth.c', '-lpth')),
    Program('tokio', 'cargo librust-tokio-dev', micro=Crate('tokio-micro'), echo=Crate('tokio-echo'),
            servers={'tokio': ''}),
    Program('Go', 'golang-go', micro=go('go-micro', 'peers/micro.go'), echo=go('go-echo', 'peers/echo.go'),
            servers={'Go': ''}, http=(go('go-http', 'peers/http.go'), 'Go', 'PORT DIRECTORY')),
    Program('asyncio', 'python3', micro=Script('peers/micro.py', 'asyncio'), arguments=['asyncio'],
            echo=Script('peers/echo.py', 'asyncio'),
            servers={'asyncio, streams': 'asyncio streams', 'asyncio, protocols': 'asyncio protocols'}),
    Program('uvloop', 'python3-uvloop', micro=Script('peers/micro.py', 'uvloop'), arguments=['uvloop'],
            echo=Script('peers/echo.py', 'uvloop'),
            servers={'uvloop, streams': 'uvloop streams', 'uvloop, protocols': 'uvloop protocols'}),
]


def install(wanted):
    """The Debian packages that are missing, where that is possible without asking anyone."""
    names = sorted({name for program in wanted for name in program.packages} | {'wrk', 'valgrind', 'strace'})
    subprocess.run([os.path.join(ROOT, 'tests', 'support', 'install'), *names], check=False)


def prepare(wanted, slowly):
    """Builds them; what cannot be built has a .missing that says why. slowly: also what takes long to build."""
    def build(program):
        try:
            if not slowly and any(b.slow and not b.is_built() for b in program.binaries()):
                raise Missing('takes long to build: only a full run does that')
            return ''.join(binary.build() for binary in program.binaries())
        except Missing as reason:
            program.missing = str(reason)
            return ''

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        text = ''.join(pool.map(build, wanted))
    for program in wanted:
        if program.missing and program.name in (OURS, FLOORS):
            raise SystemExit(f'bench: {program.name}: {program.missing}')
        if program.missing and slowly and program.packages:
            program.missing += f' (packages: {" ".join(program.packages)})'
    return text
