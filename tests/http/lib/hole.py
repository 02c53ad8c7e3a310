"""A machine whose packets vanish, for tests: python3 hole.py ADDRESS PORT

Who connects there is not answered, as its queue of connections is full. It
prints a line when it is."""

import signal
import socket
import sys

address = (sys.argv[1], int(sys.argv[2]))
door = socket.create_server(address, backlog=0)
waiting = []

# the kernel takes one or two more than it was told
while True:
    one = socket.socket()
    one.settimeout(0.5)
    try:
        one.connect(address)
        waiting.append(one)
    except TimeoutError:
        break

print("full", flush=True)
signal.pause()
