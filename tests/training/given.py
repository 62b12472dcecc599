"""Records as feature code gets them."""

from encoding import Encoder
from features.columns import Columns


def columns(records, contract):
    read = Encoder.of(contract).read(records)
    return Columns(read.entity, read.time // 1000, read.values)
