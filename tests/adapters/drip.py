# A proxy to a port of this machine that passes on one byte at a time; prints its own port. One client after the other.
import socket
import sys
import threading


def pump(source, target):
    try:
        while data := source.recv(65536):
            for i in range(len(data)):
                target.sendall(data[i:i + 1])
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass


listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
while True:
    client = listener.accept()[0]
    server = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
    for s in client, server:
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for pair in (client, server), (server, client):
        threading.Thread(target=pump, args=pair, daemon=True).start()
