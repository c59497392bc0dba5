"""Packets cut from what was read ahead: nothing is lost, read twice, or timed by a thread."""

import os
import socket
import threading
import time
from collections.abc import Iterator

import paramiko
import pytest
from hosts_makers import LONG, MakeHost
from sshd import Sshd

from remediate.hosts.packets import Packets
from remediate.hosts.sockets import BufferedSocket


@pytest.fixture
def pair(listener: socket.socket) -> Iterator[tuple[Packets, socket.socket]]:
    """Packets of one end of a line, and the other end."""
    here = socket.create_connection(listener.getsockname())
    there, _ = listener.accept()
    there.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with there:
        packets = Packets(BufferedSocket(here))
        yield packets, there
        packets.close()


def test_a_greeting_and_a_packet_at_once(pair: tuple[Packets, socket.socket]) -> None:
    """What comes in the same piece as the greeting is read after it, byte for byte."""
    packets, there = pair
    payload = os.urandom(300)
    there.sendall(b"Welcome\r\nSSH-2.0-Server\r\n" + payload)
    assert [packets.readline(LONG), packets.readline(LONG)] == ["Welcome", "SSH-2.0-Server"]
    assert packets.read_all(16) + packets.read_all(284) == payload


def test_a_packet_in_single_bytes(pair: tuple[Packets, socket.socket]) -> None:
    """Bytes that come one by one are waited for."""
    packets, there = pair
    payload = os.urandom(40)

    def send() -> None:
        for each in payload:
            there.sendall(bytes([each]))
            time.sleep(0.001)

    sender = threading.Thread(target=send)
    sender.start()
    assert packets.read_all(16) + packets.read_all(24) == payload
    sender.join()


def test_the_clock_of_a_handshake(pair: tuple[Packets, socket.socket]) -> None:
    """It runs from the start to the first message, and needs no thread."""
    packets, _ = pair
    threads = threading.active_count()
    assert not packets.handshake_timed_out()
    packets.start_handshake(60)
    assert not packets.handshake_timed_out()
    packets.start_handshake(0)
    time.sleep(0.001)
    assert packets.handshake_timed_out()
    packets.complete_handshake()
    assert not packets.handshake_timed_out()
    assert threading.active_count() == threads


def test_a_host_costs_one_thread(server: Sshd, connect: MakeHost) -> None:
    """A connection has paramiko's thread and no other once its shell is there, and none when it is closed."""
    before = set(threading.enumerate())
    host = connect(server.target())
    host.ask([":"], deadline=LONG)
    host.ask([":"], deadline=LONG)
    (thread,) = set(threading.enumerate()) - before
    assert isinstance(thread, paramiko.Transport)
    host.close()
    thread.join(LONG)
    assert not thread.is_alive()
