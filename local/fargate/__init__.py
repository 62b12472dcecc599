"""ECS on Fargate behind a load balancer: services are local processes, load balancers local ports."""
