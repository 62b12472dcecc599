"""The catalogue's models by how they are served, for tests that run over them."""

from catalog.models import MODELS

ENDPOINTS = tuple(spec for spec in MODELS if spec.endpoint)
FUNCTIONS = tuple(spec for spec in MODELS if spec.function)
OPTIMIZERS = tuple(spec for spec in MODELS if spec.contract.optimizer)
PREDICTING = tuple(spec for spec in MODELS if not spec.contract.optimizer)
ROUTERS = tuple(spec.router for spec in MODELS if spec.router)
LEARNED = tuple(spec for spec in MODELS if spec.training)
