"""The VPC of jobs and endpoints, where an environment has one."""

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct

from stacks.constructs.service_log_group import ServiceLogGroup
from stacks.environments import Environment, Network

GATEWAYS = {
    "s3": ec2.GatewayVpcEndpointAwsService.S3,
    "dynamodb": ec2.GatewayVpcEndpointAwsService.DYNAMODB,
}


class PrivateNetwork(Construct):
    """Isolated subnets, no NAT, and only the endpoints named."""

    def __init__(
        self, scope: Construct, id: str, *, env: Environment, network: Network, key: kms.IKey
    ) -> None:
        super().__init__(scope, id)
        self.vpc = ec2.Vpc(
            self,
            "Vpc",
            ip_addresses=ec2.IpAddresses.cidr(network.cidr),
            max_azs=network.zones,
            nat_gateways=0,
            subnet_configuration=[
                ec2.SubnetConfiguration(
                    name="Isolated", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED, cidr_mask=24
                )
            ],
        )
        flows: logs.ILogGroup = ServiceLogGroup(self, "FlowLogs", env=env, key=key)
        self.vpc.add_flow_log("Flow", destination=ec2.FlowLogDestination.to_cloud_watch_logs(flows))
        self.security_group = ec2.SecurityGroup(
            self,
            "Jobs",
            vpc=self.vpc,
            description="Jobs and endpoints; nothing comes in",
            allow_all_outbound=True,
        )
        for gateway in network.gateways:
            self.vpc.add_gateway_endpoint(gateway.capitalize(), service=GATEWAYS[gateway])
        for name in network.interfaces:
            self.vpc.add_interface_endpoint(
                "".join(part.capitalize() for part in name.split(".")),
                service=ec2.InterfaceVpcEndpointAwsService(name),
            )

    @property
    def subnet_ids(self) -> list[str]:
        return [subnet.subnet_id for subnet in self.vpc.isolated_subnets]

    @property
    def security_group_ids(self) -> list[str]:
        return [self.security_group.security_group_id]
