"""Every data set that is collected. Adding one is a file here, its line in `DATASETS`, and the module of its
name in lambda/collect/sources/ that reads it."""

from catalog.dataset import Dataset, checked
from catalog.datasets.instance_type import INSTANCE_TYPE
from catalog.datasets.instance_utilisation import INSTANCE_UTILISATION
from catalog.datasets.service_quota import SERVICE_QUOTA
from catalog.datasets.spot_placement_score import SPOT_PLACEMENT_SCORE
from catalog.datasets.spot_price import SPOT_PRICE

DATASETS: tuple[Dataset, ...] = checked(
    SPOT_PRICE,
    SPOT_PLACEMENT_SCORE,
    INSTANCE_TYPE,
    SERVICE_QUOTA,
    INSTANCE_UTILISATION,
)
