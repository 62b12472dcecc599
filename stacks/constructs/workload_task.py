"""Placed work as a task: the function's own bundle, run by a plain image of the same interpreter."""

from aws_cdk import AssetHashType, Duration
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3_assets as s3_assets
from constructs import Construct

from catalog.placement import ServiceTwin
from stacks.bundling import Payloads, function_bundle
from stacks.constructs.service_log_group import ServiceLogGroup
from stacks.constructs.workload_function import FOLDER
from stacks.environments import Environment
from stacks.foundation_stack import FoundationStack
from stacks.layer import packed
from stacks.names import workload
from stacks.placements import PlacementSettings

PORT = 8080
HEALTH = "/health"
NOBODY = "1000"
SCRATCH_MB = 256
PROBE = f"import urllib.request as r; r.urlopen('http://127.0.0.1:{PORT}{HEALTH}', timeout=15)"


class WorkloadTask(ecs.FargateTaskDefinition):
    """Fetches its code when it starts; may read that and nothing else."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        env: Environment,
        settings: PlacementSettings,
        twin: ServiceTwin,
        foundation: FoundationStack,
        payloads: Payloads,
    ) -> None:
        super().__init__(
            scope,
            id,
            family=workload(env),
            cpu=round(1024 * twin.vcpu),
            memory_limit_mib=round(1024 * twin.memory_gb),
            runtime_platform=ecs.RuntimePlatform(
                cpu_architecture=ecs.CpuArchitecture.X86_64,
                operating_system_family=ecs.OperatingSystemFamily.LINUX,
            ),
        )
        fetched = {"CODE_S3": self._asset("Code", *function_bundle(payloads, FOLDER))}
        if env.native_layers:
            fetched["LAYER_S3"] = self._asset("Codecs", *packed(payloads, "workload"))
        self.add_to_task_role_policy(
            iam.PolicyStatement(
                actions=["s3:GetObject"],
                resources=[each.bucket.arn_for_objects(each.s3_object_key) for each in fetched.values()],
            )
        )
        # mounted to run what it holds, as compiled code is; the root of the image stays as it came
        scratch = ecs.LinuxParameters(self, "Linux", init_process_enabled=True)
        scratch.add_tmpfs(
            ecs.Tmpfs(
                container_path="/tmp",  # noqa: S108 where Python looks for it
                size=SCRATCH_MB,
            )
        )
        self.add_container(
            FOLDER,
            image=ecs.ContainerImage.from_registry(settings.image),
            entry_point=["python3", "-c"],
            command=[(payloads.root / "lambda" / FOLDER / "bootstrap.py").read_text()],
            environment={
                **{name: asset.s3_object_url for name, asset in fetched.items()},
                "HOST": "0.0.0.0",  # noqa: S104 the load balancer comes from outside the task
                "PORT": str(PORT),
                "CONCURRENCY": str(twin.concurrency),
                # or each thread keeps what it once needed: with large pictures, more than the task has
                "MALLOC_ARENA_MAX": "2",
                "PLATFORM": "ecs",
                "ENVIRONMENT": env.name,
                "LOG_LEVEL": env.log_level,
            },
            user=NOBODY,
            readonly_root_filesystem=True,
            linux_parameters=scratch,
            port_mappings=[ecs.PortMapping(container_port=PORT)],
            health_check=ecs.HealthCheck(
                command=["CMD", "python3", "-c", PROBE],
                # each takes as much CPU as many requests, and its share where the task is busy
                interval=Duration.seconds(30),
                timeout=Duration.seconds(20),
                start_period=Duration.seconds(60),
            ),
            logging=ecs.LogDriver.aws_logs(
                stream_prefix=FOLDER,
                log_group=ServiceLogGroup(self, "Log", env=env, key=foundation.key),
            ),
        )
        self._own_scratch()

    def _own_scratch(self) -> None:
        """The folder belongs to who writes there; the library knows the options without their values."""
        task = self.node.default_child
        assert isinstance(task, ecs.CfnTaskDefinition)  # noqa: S101 - what the construct is made of
        options = ["exec", "nosuid", "nodev", f"uid={NOBODY}", f"gid={NOBODY}"]
        task.add_property_override("ContainerDefinitions.0.LinuxParameters.Tmpfs.0.MountOptions", options)

    def _asset(self, id: str, path: object, digest: str) -> s3_assets.Asset:
        return s3_assets.Asset(
            self, id, path=str(path), asset_hash=digest, asset_hash_type=AssetHashType.CUSTOM
        )
