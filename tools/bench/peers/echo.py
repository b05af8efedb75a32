"""An echo server: echo.py PORT asyncio|uvloop streams|protocol"""
import asyncio
import sys


async def client(reader, writer):
    try:
        while data := await reader.read(4096):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    writer.close()


class Protocol(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.transport.write(data)


async def main():
    if sys.argv[3] == 'streams':
        server = await asyncio.start_server(client, '127.0.0.1', int(sys.argv[1]), backlog=4096)
    else:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(Protocol, '127.0.0.1', int(sys.argv[1]), backlog=4096)
    await server.serve_forever()


if sys.argv[2] == 'uvloop':
    import uvloop
    uvloop.install()
asyncio.run(main())
