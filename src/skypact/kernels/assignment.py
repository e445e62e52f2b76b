"""Optimal assignment on sparse pairs, where every row may also stay without a partner.

Shortest augmenting paths: Jonker and Volgenant, "A shortest augmenting path algorithm for dense and
sparse linear assignment problems", Computing 38 (1987), 325-340, in the form of Crouse, "On
implementing 2D rectangular assignment algorithms", IEEE TAES 52 (2016), 1679-1696, algorithm of
section II.B. A row's own idle column has no other neighbour, so its dual is always 0 and it needs
no place in the tables. A search never leaves the connected part of its row: separated scenes cost
as much as their parts.
"""

import math

import numpy as np
import numpy.typing as npt

from skypact.kernels._jit import allocating_kernel, helper

Floats = npt.NDArray[np.float64]
Longs = npt.NDArray[np.int64]


@helper
def take_free(
    rows: tuple[int, int],
    pair_first: Longs,
    column: Longs,
    cost: Floats,
    duals: tuple[Floats, Floats, float],
    owner: Longs,
    chosen_out: Longs,
) -> None:
    """Give every row its cheapest column where nobody has it; duals stay feasible."""
    row_dual, _, idle_cost = duals
    for i in range(rows[0], rows[1]):
        best = -1
        least = idle_cost
        for e in range(pair_first[i], pair_first[i + 1]):
            if cost[e] < least:
                least = cost[e]
                best = e
        row_dual[i - rows[0]] = least
        chosen_out[i] = -1
        if best >= 0 and owner[column[best]] < 0:
            owner[column[best]] = i
            chosen_out[i] = best


@helper
def scan_row(
    edges: tuple[int, int],
    base: float,
    column: Longs,
    cost: Floats,
    column_dual: Floats,
    dist: Floats,
    tree: Longs,
    n_seen: int,
) -> int:
    """Offer paths through a row to its columns; returns the columns seen so far.

    `tree` holds in row 0 the pair through which a column is reached, in row 1 whether it is
    closed; row 2 is the list of columns seen, closed ones first.
    """
    for e in range(edges[0], edges[1]):
        j = column[e]
        length = base + cost[e] - column_dual[j]
        if length < dist[j] and tree[1, j] == 0:
            if dist[j] == math.inf:
                tree[2, n_seen] = j
                n_seen += 1
            dist[j] = length
            tree[0, j] = e
    return n_seen


@helper
def nearest_open(dist: Floats, tree: Longs, owner: Longs, n_closed: int, n_seen: int) -> int:
    """Place in the list of the open column at the least distance, a free one if tied, or -1."""
    best = -1
    least = math.inf
    for s in range(n_closed, n_seen):
        j = tree[2, s]
        if dist[j] < least or (dist[j] == least and owner[j] < 0 and best >= 0):
            least = dist[j]
            best = s
    return best


@helper
def shift_path(
    end_row: int, end_column: int, root: int, columns: tuple[Longs, Longs], pair_row: Longs,
    tree: Longs, chosen_out: Longs,
) -> None:  # fmt: skip
    """Move every row of a path one pair on; the path ends in a free column or an idle row."""
    column, owner = columns
    i, j = end_row, end_column
    if j < 0:
        if i == root:
            return
        j = column[chosen_out[i]]
        chosen_out[i] = -1
    while True:
        e = tree[0, j]
        i = pair_row[e]
        before = chosen_out[i]
        chosen_out[i] = e
        owner[j] = i
        if i == root:
            return
        j = column[before]


@helper
def augment(
    root: int,
    first_row: int,
    pairs: tuple[Longs, Longs, Longs, Floats],
    duals: tuple[Floats, Floats, float],
    owner: Longs,
    dist: Floats,
    tree: Longs,
    chosen_out: Longs,
) -> None:
    """Find the shortest path from a row to a free column or to idleness, and shift along it."""
    pair_first, pair_row, column, cost = pairs
    row_dual, column_dual, idle_cost = duals
    n_seen = int(0)  # noqa: UP018, RUF046
    n_closed = int(0)  # noqa: UP018, RUF046
    i, low = root, 0.0
    idle, idle_row = math.inf, -1
    while True:
        base = low - row_dual[i - first_row]
        if base + idle_cost < idle:
            idle, idle_row = base + idle_cost, i
        edges = (pair_first[i], pair_first[i + 1])
        n_seen = scan_row(edges, base, column, cost, column_dual, dist, tree, n_seen)
        s = nearest_open(dist, tree, owner, n_closed, n_seen)
        j = tree[2, s] if s >= 0 else -1
        if j < 0 or idle <= dist[j]:
            low, i, j = idle, idle_row, -1
            break
        low = dist[j]
        if owner[j] < 0:
            break
        tree[2, s] = tree[2, n_closed]
        tree[2, n_closed] = j
        tree[1, j] = 1
        n_closed += 1
        i = owner[j]
    row_dual[root - first_row] += low
    for s in range(n_closed):
        closed = tree[2, s]
        gap = low - dist[closed]
        row_dual[owner[closed] - first_row] += gap
        column_dual[closed] -= gap
    shift_path(i, j, root, (column, owner), pair_row, tree, chosen_out)
    for s in range(n_seen):
        dist[tree[2, s]] = math.inf
        tree[1, tree[2, s]] = 0


@allocating_kernel
def assign(
    row_first: Longs,
    pair_first: Longs,
    column: Longs,
    cost: Floats,
    idle_cost: float,
    n_columns: int,
    chosen_out: Longs,
) -> None:
    """Choose pairs of least total cost at each instant, no row and no column twice.

    Parameters
    ----------
    row_first : int64 (T + 1,)
        Rows of instant k are ``row_first[k]:row_first[k + 1]``.
    pair_first : int64 (rows + 1,)
        Pairs of row i are ``pair_first[i]:pair_first[i + 1]``.
    column : int64 (e,)
        Column of each pair, 0 to n_columns - 1; instants may share columns.
    cost : float64 (e,)
        Cost of each pair, below `idle_cost`.
    idle_cost : float
        Cost of a row that stays without a partner. Small costs below a large one of idleness keep
        all their digits, which their differences would not, as long as no row has to be idle.
    n_columns : int
        Length of the tables of columns.
    chosen_out : int64 (rows,)
        Written: the pair of each row, or -1. Ties go to the pair listed first.

    Notes
    -----
    Twin: tests/naive/assignment.py. Cost: benchmarks/metrics.py.
    """
    longest = int(0)  # noqa: UP018, RUF046
    for k in range(row_first.shape[0] - 1):
        longest = max(longest, row_first[k + 1] - row_first[k])
    row_dual, column_dual = np.zeros(longest), np.zeros(n_columns)
    owner, dist = np.full(n_columns, -1), np.full(n_columns, math.inf)
    tree = np.zeros((3, n_columns), np.int64)
    pair_row = np.empty(column.shape[0], np.int64)
    pairs, duals = (pair_first, pair_row, column, cost), (row_dual, column_dual, idle_cost)
    for k in range(row_first.shape[0] - 1):
        rows = (row_first[k], row_first[k + 1])
        for i in range(rows[0], rows[1]):
            for e in range(pair_first[i], pair_first[i + 1]):
                pair_row[e] = i
                owner[column[e]] = -1
                column_dual[column[e]] = 0.0
        take_free(rows, pair_first, column, cost, duals, owner, chosen_out)
        for i in range(rows[0], rows[1]):
            if chosen_out[i] < 0 and pair_first[i + 1] > pair_first[i]:
                augment(i, rows[0], pairs, duals, owner, dist, tree, chosen_out)
