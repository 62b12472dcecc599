"""A function that answers with a model which it reads itself: what it is told, and what it may touch."""

import json
from collections.abc import Mapping, Sequence

from aws_cdk import Stack
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from catalog.spec import InFunction, ModelSpec
from stacks.constructs.payload_function import PayloadFunction, PayloadLayer
from stacks.environments import Environment
from stacks.foundation_stack import FoundationStack
from stacks.names import arn, candidate_parameter, champion_parameter, scoped


def code_folder(spec: ModelSpec) -> str:
    """Which function of lambda/ serves the model."""
    if spec.router:
        return "place"
    return "optimize" if spec.contract.optimizer else "serve"


class ServingFunction(PayloadFunction):
    """`models` are all there are, by name: the model may have others answer a part of its requests."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        env: Environment,
        spec: ModelSpec,
        serving: InFunction,
        models: Mapping[str, ModelSpec],
        foundation: FoundationStack,
        layer: PayloadLayer,
        inference: Sequence[PayloadLayer],
        name: str,
        description: str,
        environment: Mapping[str, str] | None = None,
        vpc: ec2.IVpc | None = None,
        security_group: ec2.ISecurityGroup | None = None,
    ) -> None:
        read = [spec, *(models[name] for name in spec.contract.companions)]
        learned = [each for each in read if each.training]
        above = serving.remediate_above
        super().__init__(
            scope,
            id,
            env=env,
            foundation=foundation,
            layer=layer,
            more_layers=inference,
            folder=code_folder(spec),
            name=name,
            description=description,
            contracts=[each.contract for each in read],
            serves=spec.contract,
            memory_mb=serving.memory_mb,
            timeout_s=serving.timeout_s,
            vpc=vpc,
            security_group=security_group,
            environment={
                "MODEL": spec.name,
                "PARAMETERS": json.dumps(
                    {
                        each.name: {
                            "champion": champion_parameter(env, each),
                            "candidate": candidate_parameter(env, each),
                        }
                        for each in learned
                    },
                    sort_keys=True,
                ),
                "STATE_TABLE": foundation.state.table_name,
                "EVENT_BUS": foundation.bus.event_bus_name,
                "REMEDIATE_ABOVE": "" if above is None else f"{above:g}",
                "COOLDOWN_S": str(60 * serving.cooldown_minutes),
                **(environment or {}),
            },
        )
        self._may_read(env, learned, foundation)
        own = [f"state#{spec.name}#*", f"cooldown#{spec.name}#*", f"counter#{spec.name}#*", "counter#started"]
        actions = ("BatchGetItem", "DeleteItem", "GetItem", "PutItem", "UpdateItem")
        self.allow_items(*actions, of=foundation.state, keys=own)
        if spec.training:
            self.allow_items("PutItem", of=foundation.state, keys=[f"drift#{spec.name}#*"])
        self.allow("kms:Decrypt", "kms:GenerateDataKey", on=[foundation.key.key_arn])
        if above is not None:
            self.allow("events:PutEvents", on=[foundation.bus.event_bus_arn])

    def _may_read(self, env: Environment, learned: list[ModelSpec], foundation: FoundationStack) -> None:
        if not learned:
            return
        stack = Stack.of(self)
        named = [name(env, each) for each in learned for name in (champion_parameter, candidate_parameter)]
        self.allow("ssm:GetParameters", on=[arn(stack, "ssm", f"parameter{name}") for name in named])
        packages = [f"model-package/{scoped(env, each)}/*" for each in learned]
        self.allow("sagemaker:DescribeModelPackage", on=[arn(stack, "sagemaker", each) for each in packages])
        self.allow(
            "s3:GetObject", on=[foundation.models.arn_for_objects(f"{each.name}/*") for each in learned]
        )
