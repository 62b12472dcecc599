"""What collects data from AWS on schedules, and the tables in which it is found."""

from aws_cdk import Stack
from constructs import Construct

from catalog.names import model_id
from stacks.bundling import Payloads
from stacks.collecting import CollectionSettings
from stacks.constructs.dataset_collector import DatasetCollector
from stacks.constructs.dataset_tables import DatasetTables
from stacks.constructs.dead_letters import DeadLetters
from stacks.constructs.missed_schedules import MissedSchedules
from stacks.constructs.payload_function import PayloadLayer, native_layers
from stacks.environments import Environment
from stacks.foundation_stack import FoundationStack


class CollectionStack(Stack):
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        env: Environment,
        settings: CollectionSettings,
        foundation: FoundationStack,
        payloads: Payloads,
    ) -> None:
        super().__init__(scope, id, description=f"Operations ML, {env.name}: data collection")
        self.add_stack_dependency(foundation)
        DatasetTables(self, "Tables", env=env, settings=settings, foundation=foundation)
        layer = PayloadLayer(self, "Layer", payloads=payloads)
        parquet = native_layers(self, "Parquet", env=env, payloads=payloads, name="parquet")
        missed = MissedSchedules(self, "Unstarted", foundation=foundation)
        misfits = DeadLetters(
            self, "Unfitting", foundation=foundation, holds="collected rows that no table has room for"
        )
        collectors = Construct(self, "Collectors")
        for dataset in settings.datasets():
            DatasetCollector(
                collectors,
                model_id(dataset.name.replace("_", "-")),
                env=env,
                settings=settings,
                dataset=dataset,
                foundation=foundation,
                layer=layer,
                parquet=parquet,
                missed=missed,
                misfits=misfits,
            )
