"""What collectors could not have: a table that all of them write, and none is scheduled for."""

from catalog.dataset import Column

NAME = "collection_gaps"
COLUMNS: tuple[Column, ...] = (
    Column(name="dataset", kind="string", required=True, description="Data set whose window is not whole"),
    Column(name="region", kind="string", required=True, description="Region that was asked"),
    Column(name="window_start", kind="timestamp", required=True, description="First moment of the window"),
    Column(name="window_end", kind="timestamp", required=True, description="First moment after the window"),
    Column(name="state", kind="string", required=True, description="open, filled since, or lost for good"),
    Column(name="reason", kind="string", required=True, description="The service's own code of the refusal"),
    Column(name="since", kind="timestamp", required=True, description="When the window first failed"),
    Column(name="changed_at", kind="timestamp", required=True, description="When this was last told"),
    Column(name="retried_until", kind="timestamp", description="When the service forgets the window"),
    Column(name="tries", kind="bigint", description="How often the window was tried"),
)
