"""Plain twin of kernels/assignment.py: every way to pair rows and columns is tried."""

import functools


def least_cost(cost):
    """Least total cost of pairing rows with columns, {(row, column): cost}; idleness costs 0."""
    rows = sorted({i for i, _ in cost})
    columns = sorted({j for _, j in cost})

    @functools.cache
    def best(k, free):
        if k == len(rows):
            return 0.0
        ways = [best(k + 1, free)]
        for j in free:
            if (rows[k], j) in cost:
                left = tuple(c for c in free if c != j)
                ways.append(cost[rows[k], j] + best(k + 1, left))
        return min(ways)

    return best(0, tuple(columns))
