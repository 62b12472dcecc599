"""Errors as ECS names them."""

from __future__ import annotations

from local.sagemaker.errors import ServiceError


def client_error(message: str) -> ServiceError:
    return ServiceError("ClientException", message)


def invalid_parameter(message: str) -> ServiceError:
    return ServiceError("InvalidParameterException", message)


def no_cluster() -> ServiceError:
    return ServiceError("ClusterNotFoundException", "Cluster not found.")


def no_service() -> ServiceError:
    return ServiceError("ServiceNotFoundException", "Service not found.")
