"""What EC2 tells of its instance types."""

from catalog.dataset import DAY, HOUR, Call, Column, Dataset

INSTANCE_TYPE = Dataset(
    name="instance_type",
    title="Instance type facts",
    calls=(
        Call(
            action="ec2:DescribeInstanceTypes",
            reason="EC2's describe calls take no resource; a condition names the regions",
        ),
    ),
    columns=(
        Column(name="region", kind="string", required=True, description="Region that was asked"),
        Column(name="instance_type", kind="string", required=True, description="Instance type, as m5.large"),
        Column(name="family", kind="string", required=True, description="What stands before the dot"),
        Column(name="vcpu", kind="bigint", required=True, description="Virtual CPUs"),
        Column(name="cores", kind="bigint", description="Cores"),
        Column(name="clock_ghz", kind="double", unit="GHz", description="Sustained clock speed"),
        Column(name="architectures", kind="string", description="Processor architectures, comma between"),
        Column(name="memory_mib", kind="bigint", required=True, unit="MiB", description="Memory"),
        Column(name="storage_gb", kind="bigint", unit="GB", description="Instance storage, 0 without any"),
        Column(name="network", kind="string", description="Network performance, in EC2's words"),
        Column(name="network_baseline_gbps", kind="double", unit="Gbit/s", description="Network that lasts"),
        Column(name="network_peak_gbps", kind="double", unit="Gbit/s", description="Network in bursts"),
        Column(
            name="ebs_baseline_mbps", kind="bigint", unit="Mbit/s", description="EBS bandwidth that lasts"
        ),
        Column(name="ebs_peak_mbps", kind="bigint", unit="Mbit/s", description="EBS bandwidth in bursts"),
        Column(name="gpus", kind="bigint", description="GPUs"),
        Column(
            name="burstable", kind="boolean", required=True, description="Whether it lives on CPU credits"
        ),
        Column(name="bare_metal", kind="boolean", description="Whether it is a whole machine"),
        Column(name="current", kind="boolean", description="Whether EC2 calls it the current generation"),
        Column(name="spot", kind="boolean", required=True, description="Whether it is sold as spot"),
        Column(
            name="taken_in", kind="timestamp", required=True, description="Begin of the window of the facts"
        ),
    ),
    schedule_s=6 * HOUR,
    window_s=DAY,
)
