"""Counters and native histograms in Prometheus' protobuf exposition format.

Text cannot carry native histograms. The messages are those of io.prometheus.client (`metrics.proto`
of client_model), each preceded by its length; only the few fields used here are written.
"""

from __future__ import annotations

import itertools
import math
import struct
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

CONTENT_TYPE = (
    "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"
)
_COUNTER, _HISTOGRAM = 0, 4  # MetricType
# Observations up to it are in the zero bucket.
_ZERO_THRESHOLD = 2.0**-20


@dataclass
class NativeHistogram:
    """Observations of no negative value, in buckets of which 2^`schema` double the bound: bucket
    i holds what is above base^(i - 1) and not above base^i, with base = 2^(2^-schema)."""

    schema: int = 0
    total: float = 0
    zeros: int = 0
    buckets: Counter[int] = field(default_factory=Counter)

    def observe(self, value: float, times: int = 1) -> None:
        self.total += value * times
        if value <= _ZERO_THRESHOLD:
            self.zeros += times
        else:
            self.buckets[math.ceil(math.log2(value) * 2**self.schema)] += times

    @property
    def count(self) -> int:
        return self.zeros + self.buckets.total()

    def message(self) -> bytes:
        indices = sorted(self.buckets)
        counts = [self.buckets[index] for index in indices]
        return (
            _unsigned(1, self.count)
            + _double(2, self.total)
            + _signed(5, self.schema)
            + _double(6, _ZERO_THRESHOLD)
            + _unsigned(7, self.zeros)
            + b"".join(
                _bytes(12, _signed(1, offset) + _unsigned(2, length))
                for offset, length in _spans(indices)
            )
            # Each bucket's count as its difference from that of the bucket before.
            + b"".join(_signed(13, now - last) for last, now in itertools.pairwise([0, *counts]))
        )


Labels = Mapping[str, str]


def histograms(name: str, series: Iterable[tuple[Labels, NativeHistogram]]) -> bytes:
    """A family of native histograms, by their labels."""
    return _family(name, _HISTOGRAM, ((labels, _bytes(7, h.message())) for labels, h in series))


def counters(name: str, series: Iterable[tuple[Labels, float]]) -> bytes:
    """A family of plain counters, by their labels."""
    values = ((labels, _bytes(3, _double(1, value))) for labels, value in series)
    return _family(name, _COUNTER, values)


def _family(name: str, kind: int, series: Iterable[tuple[Labels, bytes]]) -> bytes:
    metrics = (
        b"".join(_bytes(1, _text(1, key) + _text(2, label)) for key, label in labels.items())
        + value
        for labels, value in series
    )
    message = _text(1, name) + _unsigned(3, kind) + b"".join(_bytes(4, each) for each in metrics)
    return _varint(len(message)) + message


def _spans(indices: list[int]) -> Iterator[tuple[int, int]]:
    """Runs of neighbouring buckets: the gap to the run before (for the first, its index), and
    the length."""
    end = 0
    for _, run in itertools.groupby(enumerate(indices), lambda item: item[1] - item[0]):
        members = [index for _, index in run]
        yield members[0] - end, len(members)
        end = members[-1] + 1


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _unsigned(number: int, value: int) -> bytes:
    return _varint(number << 3) + _varint(value)


def _signed(number: int, value: int) -> bytes:
    """sint32 and sint64: zigzag, so that small negative numbers are short."""
    return _unsigned(number, value << 1 if value >= 0 else (-value << 1) - 1)


def _double(number: int, value: float) -> bytes:
    return _varint(number << 3 | 1) + struct.pack("<d", value)


def _bytes(number: int, value: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def _text(number: int, value: str) -> bytes:
    return _bytes(number, value.encode())
