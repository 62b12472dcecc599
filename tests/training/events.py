"""Generated records through the jobs, from raw files to a model directory."""

import pyarrow as pa
import pyarrow.parquet as pq

import prepare
import train


def prepared(tables, contract, folder):
    """The splits of the records in `tables`."""
    place = folder / "raw" / "profile=synthetic"
    place.mkdir(parents=True)
    pq.write_table(pa.concat_tables(tables), place / "part-0.parquet")
    prepare.prepare(
        raw=folder / "raw", output=folder, profile="synthetic", run_date="2026-02-01", contract=contract
    )
    return folder


def trained(splits, contract, **hyperparameters):
    """The model directory of a training on `splits`, and what the job says of it."""
    names = ("train", "validation", "metadata")
    facts = train.train(
        folders={name: splits / name for name in names},
        model_dir=splits / "model",
        hyperparameters=hyperparameters,
        contract=contract,
    )
    return splits / "model", facts
