"""CPython's asyncio, or uvloop: micro.py asyncio|uvloop [WORKLOAD N]."""
import asyncio
import os
import random
import sys
import time

GATHERED = 1000


def cpu():
    return time.process_time_ns()


def resident():
    with open('/proc/self/statm') as f:
        return int(f.read().split()[1]) * os.sysconf('SC_PAGESIZE')


def report(measure, begin, operations):
    print(f'{measure} {(cpu() - begin) / operations:.4f}', flush=True)


def number(name):
    return int(name.split('-')[1])


async def yielder(n):
    for _ in range(n):
        await asyncio.sleep(0)


async def resume(name, n):
    count = number(name)
    each = n // count + 1
    begin = cpu()
    await asyncio.gather(*[yielder(each) for _ in range(count)])
    report(name, begin, each * count)


async def child(x):
    return x + 1


async def call(name, n):
    begin = cpu()
    for i in range(n):
        await child(i)
    report(name, begin, n)


async def level(depth, name, n):
    if depth > 1:
        await level(depth - 1, name, n)
        return
    begin = cpu()
    for _ in range(n):
        await asyncio.sleep(0)
    report(name, begin, n)


async def depth(name, n):
    await level(number(name), name, n)


async def trivial():
    pass


async def create_join(name, n):
    begin = cpu()
    for _ in range(n):
        await asyncio.create_task(trivial())
    report(name, begin, n)


async def gather(name, n):
    rounds = (n + GATHERED - 1) // GATHERED
    begin = cpu()
    for _ in range(rounds):
        await asyncio.gather(*[trivial() for _ in range(GATHERED)])
    report(name, begin, rounds * GATHERED)


async def queue(name, n):
    items = asyncio.Queue(number(name))

    async def producer():
        for i in range(n):
            await items.put(i)

    begin = cpu()
    task = asyncio.create_task(producer())
    for i in range(n):
        assert await items.get() == i
    report(name, begin, n)
    await task


async def ping_pong(name, n):
    there, back = asyncio.Queue(1), asyncio.Queue(1)

    async def pong():
        for _ in range(n):
            await back.put(await there.get())

    begin = cpu()
    task = asyncio.create_task(pong())
    for i in range(n):
        await there.put(i)
        await back.get()
    report(name, begin, n)
    await task


async def lock(name, n):
    mutex = asyncio.Lock()

    async def contender():
        for _ in range(n // 2):
            async with mutex:
                await asyncio.sleep(0)

    begin = cpu()
    await asyncio.gather(contender(), contender())
    report(name, begin, n // 2 * 2)


async def timers(name, n):
    loop = asyncio.get_running_loop()
    numbers = random.Random(1)
    fired = 0

    def fire():
        nonlocal fired
        fired += 1

    delays = [0.5 + numbers.randrange(1500) / 1000 for _ in range(n)]
    order = list(range(n))
    numbers.shuffle(order)
    begin = cpu()
    handles = [loop.call_later(delay, fire) for delay in delays]
    report('timer-start', begin, n)
    time.sleep(2.1)
    begin = cpu()
    while fired < n:
        await asyncio.sleep(0)
    report('timer-fire', begin, n)
    handles = [loop.call_later(delay, fire) for delay in delays]
    begin = cpu()
    for i in order:
        handles[i].cancel()
    handles.clear()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    report('timer-cancel', begin, n)


async def sleep(name, n):
    loop = asyncio.get_running_loop()
    end = loop.time() + max(0.5, n * 45e-6)  # when all have been started
    bytes, begin = resident(), cpu()

    async def sleeper():
        await asyncio.sleep(end - loop.time())

    tasks = [asyncio.create_task(sleeper()) for _ in range(n)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    report('sleep-start', begin, n)
    print(f'sleep-bytes {(resident() - bytes) / n:.4f}')
    time.sleep(max(0, end - loop.time()) + 0.1)
    begin = cpu()
    for task in tasks:
        await task
    report('sleep-wake', begin, n)


WORKLOADS = {
    'resume-2': resume, 'resume-1000': resume, 'call': call, 'depth-1': depth, 'depth-10': depth, 'depth-100': depth,
    'create-join': create_join, 'gather': gather, 'ping-pong': ping_pong, 'queue-1': queue, 'queue-100': queue,
    'lock': lock, 'timers': timers, 'sleep': sleep,
}

if __name__ == '__main__':
    if len(sys.argv) < 3:
        print('\n'.join(WORKLOADS))
        sys.exit()
    if sys.argv[1] == 'uvloop':
        import uvloop
        uvloop.install()
    asyncio.run(WORKLOADS[sys.argv[2]](sys.argv[2], int(sys.argv[3])))
    sys.stdout.flush()
    os._exit(0)  # without freeing a million objects
