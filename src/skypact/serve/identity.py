"""Which rows say something new about who a track is, so that names are sent only once."""

import numpy as np
import numpy.typing as npt

Structured = npt.NDArray[np.void]
IDENTITY_FIELDS = ("icao", "mode3a", "callsign")


class IdentityTable:
    """The last identity of every known track, kept sorted by track number."""

    def __init__(self) -> None:
        self._track = np.empty(0, np.int64)
        self._identity = np.empty((0, 3), np.int64)
        self._seen_s = np.empty(0, np.float64)

    def changed(self, rows: Structured) -> npt.NDArray[np.bool_]:
        """Mark rows whose identity differs from the same track's row before; remember the newest.

        Parameters
        ----------
        rows : structured, (n,)
            In step order, with ``track`` and the fields of `IDENTITY_FIELDS`.

        Returns
        -------
        (n,) bool
            True on a track's first row ever and wherever its identity changed.
        """
        track = rows["track"]
        identity = np.stack([rows[f] for f in IDENTITY_FIELDS], axis=1).astype(np.int64)
        order = np.argsort(track, kind="stable")
        sorted_track, sorted_identity = track[order], identity[order]
        is_first = np.ones(track.size, np.bool_)
        is_first[1:] = sorted_track[1:] != sorted_track[:-1]
        before = np.roll(sorted_identity, 1, axis=0)
        first_idx = np.flatnonzero(is_first)
        at, is_known = self._find(sorted_track[first_idx])
        before[first_idx[is_known]] = self._identity[at[is_known]]
        differs = np.any(before != sorted_identity, axis=1)
        differs[first_idx[~is_known]] = True
        is_last = np.roll(is_first, -1)
        self._remember(sorted_track[is_last], sorted_identity[is_last], rows["step_s"][:1])
        changed = np.empty(track.size, np.bool_)
        changed[order] = differs
        return changed

    def forget(self, tracks: npt.NDArray[np.int64]) -> None:
        """Drop tracks that have ended."""
        self._keep(~np.isin(self._track, tracks))

    def forget_before(self, time_s: float) -> None:
        """Drop tracks whose last row is older than `time_s`; their next row counts as new."""
        if np.any(self._seen_s < time_s):
            self._keep(self._seen_s >= time_s)

    def _keep(self, mask: npt.NDArray[np.bool_]) -> None:
        self._track, self._identity = self._track[mask], self._identity[mask]
        self._seen_s = self._seen_s[mask]

    def _find(
        self, tracks: npt.NDArray[np.int64]
    ) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.bool_]]:
        at = np.searchsorted(self._track, tracks)
        is_known = np.zeros(tracks.size, np.bool_)
        inside = at < self._track.size
        is_known[inside] = self._track[at[inside]] == tracks[inside]
        return at, is_known

    def _remember(
        self,
        track: npt.NDArray[np.int64],
        identity: npt.NDArray[np.int64],
        step_s: npt.NDArray[np.float64],
    ) -> None:
        at, is_known = self._find(track)
        self._identity[at[is_known]] = identity[is_known]
        self._seen_s[at[is_known]] = step_s
        new = ~is_known
        if np.any(new):
            self._track = np.insert(self._track, at[new], track[new])
            self._identity = np.insert(self._identity, at[new], identity[new], axis=0)
            self._seen_s = np.insert(self._seen_s, at[new], step_s[0])
