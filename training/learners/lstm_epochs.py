"""Passes over the rows: steps, early stopping, and checkpoints that go on as if nothing had happened."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from dataset import Rows
from encoding import Matrix
from learners.lstm_network import Network, probabilities
from learners.lstm_settings import Settings
from metrics import log_loss

SHORTENED, HIDDEN, SHIFTED = 0.3, 0.1, 0.5
"""What is done to windows while learning: a share keeps a short history, often
none, and features are hidden, as
callers send records without history or without some metrics; every feature is moved by a random level,
of this standard deviation, as the resources at hand do not show all the levels that there are."""
REMEMBERED = 0.99
"""What is judged and kept is a moving average of the weights, this much of which stays from step to step: the
weights of a single step follow chance."""
STEEPEST = 1.0
"""Longest gradient that a step follows."""


@dataclass
class Progress:
    """`done` passes; the best of them, its validation log loss and its weights by name."""

    done: int
    best: int
    score: float
    weights: dict[str, Matrix]


class Epochs:
    """The training of one network that `identity` names."""

    def __init__(self, network: Network, settings: Settings, identity: str, folder: Path | None) -> None:
        self.network, self.settings = network, settings
        self.optimizer = torch.optim.AdamW(
            network.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay, foreach=False
        )
        follow = get_ema_multi_avg_fn(REMEMBERED)  # type: ignore[no-untyped-call]
        self.average = AveragedModel(network, multi_avg_fn=follow)
        self.identity, self.folder = identity, folder
        self.progress = Progress(0, 0, np.inf, {})

    def run(self, train: Rows, validation: Rows, report: Callable[[float], None]) -> Progress:
        """Until the passes are done or `patience` of them brought nothing; lower is better."""
        rows = torch.from_numpy(np.ascontiguousarray(train.features, np.float32))
        labels, truth = torch.from_numpy(train.target.astype(np.int64)), validation.target.astype(np.int64)
        now = self.progress
        while now.done < self.settings.epochs and now.done - now.best <= self.settings.patience:
            self._pass(rows, labels)
            score = log_loss(truth, probabilities(self.judged, validation.features))
            if score < now.score:
                now.best, now.score, now.weights = now.done, score, _copied(self.judged.arrays())
            now.done += 1
            report(score)
            self._save()
        return now

    @property
    def judged(self) -> Network:
        """The network with the averaged weights."""
        return cast(Network, self.average.module)

    def _pass(self, rows: Tensor, labels: Tensor) -> None:
        self.network.train()
        for chosen in torch.split(torch.randperm(len(rows)), self.settings.batch_size):
            self.optimizer.zero_grad()
            loss = nn.functional.cross_entropy(self.network(self._varied(rows[chosen])), labels[chosen])
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(self.network.parameters(), STEEPEST)
            self.optimizer.step()
            self.average.update_parameters(self.network)

    def _varied(self, rows: Tensor) -> Tensor:
        """The rows (n, steps x features) as other resources and callers might have sent them."""
        count, steps, features = len(rows), self.network.steps, self.network.features
        kept = torch.floor((steps + 1) ** torch.rand(count, 1)).clamp(max=steps)
        first = (steps - kept) * (torch.rand(count, 1) < SHORTENED)
        early = torch.arange(steps)[None] < first
        hidden = early[:, :, None] | (torch.rand(count, 1, features) < HIDDEN)
        moved = rows.view(count, steps, features) + SHIFTED * torch.randn(count, 1, features)
        return moved.masked_fill(hidden, torch.nan)

    def resume(self) -> int:
        """Takes up the training where its checkpoint stands; the number of passes it holds."""
        held = _read(self._path, self.identity)
        if held is not None:
            self.network.take(_under("now", held))
            self.judged.take(_under("average", held))
            self.average.n_averaged.fill_(int(held["averaged"]))
            self._set_moments(held)
            done, best = (int(held[name]) for name in ("done", "best"))
            self.progress = Progress(done, best, float(held["score"]), _under("best", held))
            torch.set_rng_state(torch.from_numpy(held["random"].copy()))
        return self.progress.done

    @property
    def _path(self) -> Path | None:
        """Trials of one search share a folder, so each training writes a file of its own."""
        return self.folder / f"checkpoint-{self.identity}.npz" if self.folder else None

    def _save(self) -> None:
        """A crash while writing leaves the checkpoint before."""
        if self._path is None:
            return
        now = self.progress
        held: dict[str, Any] = {f"now/{name}": each for name, each in self.network.arrays().items()}
        held |= {f"average/{name}": each for name, each in self.judged.arrays().items()}
        held |= {"averaged": int(self.average.n_averaged)}
        held |= {f"best/{name}": each for name, each in now.weights.items()} | self._moments()
        held |= {"done": now.done, "best": now.best, "score": now.score, "owner": self.identity}
        self._path.parent.mkdir(parents=True, exist_ok=True)
        partial = self._path.with_name(f"partial-{self._path.name}")
        np.savez(partial, random=torch.get_rng_state().numpy(), **held)
        partial.replace(self._path)

    def _moments(self) -> dict[str, NDArray[Any]]:
        """What the optimizer remembers, by parameter number."""
        state = self.optimizer.state_dict()["state"]
        return {
            f"moments/{number}/{name}": value.numpy()
            for number, each in state.items()
            for name, value in each.items()
        }

    def _set_moments(self, held: dict[str, NDArray[Any]]) -> None:
        state: dict[int, dict[str, Tensor]] = {}
        for name, value in _under("moments", held).items():
            number, field = name.split("/")
            state.setdefault(int(number), {})[field] = torch.from_numpy(value.copy())
        self.optimizer.load_state_dict({**self.optimizer.state_dict(), "state": state})


def _read(path: Path | None, identity: str) -> dict[str, NDArray[Any]] | None:
    """The checkpoint of this very training, if there is one."""
    if path is None or not path.is_file():
        return None
    try:
        with np.load(path, allow_pickle=False) as file:
            held = dict(file)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile):
        print(f"{path} is not readable and left aside", flush=True)
        return None
    if str(held.get("owner")) == identity:
        return held
    print(f"{path} belongs to a training with other data or hyperparameters and is left aside", flush=True)
    return None


def _under(prefix: str, held: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    return {
        name.removeprefix(f"{prefix}/"): each for name, each in held.items() if name.startswith(f"{prefix}/")
    }


def _copied(arrays: dict[str, Matrix]) -> dict[str, Matrix]:
    return {name: each.copy() for name, each in arrays.items()}
