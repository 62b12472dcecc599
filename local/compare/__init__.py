"""What routing saves: each platform alone and the router, under the same load."""
