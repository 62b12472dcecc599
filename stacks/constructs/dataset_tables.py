"""Collected data as Athena reads it: tables whose partitions follow from the date, and a workgroup."""

from collections.abc import Sequence

from aws_cdk import Stack
from aws_cdk import aws_athena as athena
from aws_cdk import aws_glue as glue
from constructs import Construct

from catalog import names
from catalog.dataset import PARTITION, Column
from catalog.datasets import gaps
from stacks.collecting import CollectionSettings
from stacks.environments import Environment
from stacks.foundation_stack import ATHENA_RESULTS, FoundationStack

FIRST_DATE = "2026-01-01"
"""Nothing was collected before; Athena looks for partitions from then to today."""
HIVE = "org.apache.hadoop.hive.ql.io.parquet"
GIGABYTE = 10**9


class DatasetTables(Construct):
    """One table per data set, and that of the gaps; new objects are found without a crawler."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        env: Environment,
        settings: CollectionSettings,
        foundation: FoundationStack,
    ) -> None:
        super().__init__(scope, id)
        self._foundation, self._name = foundation, names.database(env.name)
        self._database = glue.CfnDatabase(
            self,
            "Database",
            catalog_id=Stack.of(self).account,
            database_input=glue.CfnDatabase.DatabaseInputProperty(
                name=self._name, description=f"What {env.name} collects"
            ),
        )
        for dataset in settings.datasets():
            self._table(dataset.name, dataset.title, dataset.columns)
        self._table(gaps.NAME, "Windows that could not be collected", gaps.COLUMNS)
        athena.CfnWorkGroup(
            self,
            "Workgroup",
            name=names.workgroup(env.name),
            description="Queries of collected data: encrypted results, bounded bytes",
            recursive_delete_option=env.deletes_data,
            work_group_configuration=athena.CfnWorkGroup.WorkGroupConfigurationProperty(
                bytes_scanned_cutoff_per_query=settings.gigabytes_a_query * GIGABYTE,
                enforce_work_group_configuration=True,
                publish_cloud_watch_metrics_enabled=True,
                result_configuration=athena.CfnWorkGroup.ResultConfigurationProperty(
                    output_location=foundation.processed.s3_url_for_object(ATHENA_RESULTS),
                    encryption_configuration=athena.CfnWorkGroup.EncryptionConfigurationProperty(
                        encryption_option="SSE_KMS", kms_key=foundation.key.key_arn
                    ),
                ),
            ),
        )

    def _table(self, name: str, title: str, columns: Sequence[Column]) -> None:
        table = glue.CfnTable(
            self,
            names.model_id(name.replace("_", "-")),
            catalog_id=Stack.of(self).account,
            database_name=self._name,
            table_input=glue.CfnTable.TableInputProperty(
                name=name,
                description=title,
                table_type="EXTERNAL_TABLE",
                parameters=_projection(),
                partition_keys=[
                    glue.CfnTable.ColumnProperty(
                        name=PARTITION, type="string", comment="UTC day of the window"
                    )
                ],
                storage_descriptor=glue.CfnTable.StorageDescriptorProperty(
                    location=self._foundation.raw.s3_url_for_object(f"{name}/"),
                    input_format=f"{HIVE}.MapredParquetInputFormat",
                    output_format=f"{HIVE}.MapredParquetOutputFormat",
                    serde_info=glue.CfnTable.SerdeInfoProperty(
                        serialization_library=f"{HIVE}.serde.ParquetHiveSerDe"
                    ),
                    columns=[
                        glue.CfnTable.ColumnProperty(
                            name=column.name, type=column.kind, comment=column.comment
                        )
                        for column in columns
                    ],
                ),
            ),
        )
        table.add_resource_dependency(self._database)


def _projection() -> dict[str, str]:
    """Partitions that Athena works out by itself, of objects named <table>/date=YYYY-MM-DD/."""
    return {
        "classification": "parquet",
        "EXTERNAL": "TRUE",
        "projection.enabled": "true",
        f"projection.{PARTITION}.type": "date",
        f"projection.{PARTITION}.format": "yyyy-MM-dd",
        f"projection.{PARTITION}.range": f"{FIRST_DATE},NOW",
        f"projection.{PARTITION}.interval": "1",
        f"projection.{PARTITION}.interval.unit": "DAYS",
    }
