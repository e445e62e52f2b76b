"""What is watched for: the ``[watch]`` table of a union file, and rule files of ``--rules``.

One module for each rule's parameters; the rules are in `skypact.watch`.
"""

import tomllib

import msgspec

from skypact.errors import ConfigError
from skypact.rules.area import AreaParams
from skypact.rules.ballistic import BallisticParams
from skypact.rules.bias import BiasParams
from skypact.rules.border import BorderParams
from skypact.rules.common import Positive
from skypact.rules.conflict import ConflictParams
from skypact.rules.coverage import CoverageParams
from skypact.rules.doctrine import Entry, Recipient
from skypact.rules.drift import DriftParams
from skypact.rules.emergency import EmergencyParams
from skypact.rules.feed import FeedParams
from skypact.rules.gnss import GnssParams
from skypact.rules.identity import IdentityParams
from skypact.rules.kinematics import KinematicsParams
from skypact.rules.noncooperative import NoncooperativeParams
from skypact.rules.slow import SlowParams
from skypact.rules.swarm import SwarmParams
from skypact.rules.terrain import TerrainParams
from skypact.rules.unconfirmed import UnconfirmedParams
from skypact.rules.warning import WarningParams


class Watching(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The rules and their parameters."""

    period_s: Positive = 1.0
    """The picture is looked at so often."""
    ballistic: BallisticParams = BallisticParams()
    border: BorderParams = BorderParams()
    area: AreaParams = AreaParams()
    conflict: ConflictParams = ConflictParams()
    emergency: EmergencyParams = EmergencyParams()
    terrain: TerrainParams = TerrainParams()
    identity: IdentityParams = IdentityParams()
    kinematics: KinematicsParams = KinematicsParams()
    noncooperative: NoncooperativeParams = NoncooperativeParams()
    slow: SlowParams = SlowParams()
    swarm: SwarmParams = SwarmParams()
    bias: BiasParams = BiasParams()
    coverage: CoverageParams = CoverageParams()
    drift: DriftParams = DriftParams()
    feed: FeedParams = FeedParams()
    gnss: GnssParams = GnssParams()
    unconfirmed: UnconfirmedParams = UnconfirmedParams()
    warning: WarningParams = WarningParams()
    """Which alerts become warnings of the public."""
    recipient: tuple[Recipient, ...] = ()
    """Who can be told of alerts."""
    doctrine: tuple[Entry, ...] = ()
    """Which alerts lead to which measures."""


def watching_from_toml(text: str, where: str) -> Watching:
    """Read a rule file: what a union file has under ``[watch]``.

    Raises
    ------
    ConfigError
        Not TOML, an unknown rule or figure, a value out of its range.
    """
    try:
        return msgspec.convert(tomllib.loads(text), Watching)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{where}: expected TOML, got {error}; check the quotes") from error
    except msgspec.ValidationError as error:
        raise ConfigError(f"{where}: {error}; see docs/reference/rules.md") from error
