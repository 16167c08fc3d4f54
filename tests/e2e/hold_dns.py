"""A relay of DNS messages by UDP: hold_dns.py PORT SERVER_PORT FILE

Messages reach the server on this machine; as long as FILE is there, its answers reach nobody.
"""
import os
import socket
import sys

port, server_port, file = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
front = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
front.bind(("127.0.0.1", port))
while True:
    message, client = front.recvfrom(65535)
    back = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    back.settimeout(2)
    try:
        back.sendto(message, ("127.0.0.1", server_port))
        answer = back.recv(65535)
        # an update, not the question for the zone before it
        if not (os.path.exists(file) and message[2] >> 3 & 15 == 5):
            front.sendto(answer, client)
    except OSError:
        pass
    back.close()
