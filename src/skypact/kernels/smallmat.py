"""Products and solutions of the state's small matrices, written into the caller's."""

import math

import numpy as np
import numpy.typing as npt

from skypact.kernels._jit import helper
from skypact.model.tracking import N_STATE

Floats = npt.NDArray[np.float64]


@helper
def multiply(A: Floats, B: Floats, out: Floats) -> None:
    """Write A B (7, 7)."""
    for i in range(N_STATE):
        for j in range(N_STATE):
            total = 0.0
            for k in range(N_STATE):
                total += A[i, k] * B[k, j]
            out[i, j] = total


@helper
def multiply_turned(A: Floats, B: Floats, out: Floats) -> None:
    """Write A B' (7, 7)."""
    for i in range(N_STATE):
        for j in range(N_STATE):
            total = 0.0
            for k in range(N_STATE):
                total += A[i, k] * B[j, k]
            out[i, j] = total


@helper
def add_turned(A: Floats, B: Floats, sign: float, P: Floats) -> None:
    """Add sign A B' to P, A B' being symmetric."""
    for i in range(N_STATE):
        for j in range(i, N_STATE):
            total = 0.0
            for k in range(N_STATE):
                total += A[i, k] * B[j, k]
            P[i, j] += sign * total
            P[j, i] = P[i, j]


@helper
def sandwich(F: Floats, P: Floats, T: Floats) -> None:
    """Write F P F' in place of P; `T` (7, 7) is scratch."""
    multiply(F, P, T)
    for i in range(N_STATE):
        for j in range(i, N_STATE):
            total = 0.0
            for k in range(N_STATE):
                total += T[i, k] * F[j, k]
            P[i, j] = total
            P[j, i] = total


@helper
def divide(C: Floats, P: Floats, L: Floats, out: Floats) -> None:
    """Write C P^-1 (7, 7) by the Cholesky factor of P, which goes to L.

    What is known exactly (variance 0) has no share: its column is 0.
    """
    for i in range(N_STATE):
        for j in range(i + 1):
            total = P[i, j]
            for k in range(j):
                total -= L[i, k] * L[j, k]
            if i == j:
                L[i, i] = math.sqrt(max(total, 1e-14 * P[i, i]))
            else:
                L[i, j] = total / L[j, j] if L[j, j] > 0.0 else 0.0
    for row in range(N_STATE):
        for i in range(N_STATE):
            total = C[row, i]
            for k in range(i):
                total -= L[i, k] * out[row, k]
            out[row, i] = total / L[i, i] if L[i, i] > 0.0 else 0.0
        for i in range(N_STATE - 1, -1, -1):
            total = out[row, i]
            for k in range(i + 1, N_STATE):
                total -= L[k, i] * out[row, k]
            out[row, i] = total / L[i, i] if L[i, i] > 0.0 else 0.0


@helper
def factorise(P: Floats, L: Floats) -> float:
    """Lower Cholesky factor of P (7, 7) into L; log determinant of P, NaN where there is none."""
    log_det = 0.0
    for a in range(N_STATE):
        for b in range(a + 1):
            total = P[a, b]
            for c in range(b):
                total -= L[a, c] * L[b, c]
            if a > b:
                L[a, b] = total / L[b, b]
            elif total > 0.0:
                L[a, a] = math.sqrt(total)
                log_det += math.log(total)
            else:
                return math.nan
    return log_det


@helper
def solve_columns(L: Floats, B: Floats) -> None:
    """Replace B (7, 7) by the solution of ``L L' X = B``."""
    for c in range(N_STATE):
        for a in range(N_STATE):
            total = B[a, c]
            for b in range(a):
                total -= L[a, b] * B[b, c]
            B[a, c] = total / L[a, a]
        for a in range(N_STATE - 1, -1, -1):
            total = B[a, c]
            for b in range(a + 1, N_STATE):
                total -= L[b, a] * B[b, c]
            B[a, c] = total / L[a, a]


@helper
def invert(P: Floats, L: Floats, out: Floats) -> float:
    """Inverse of P (7, 7) into `out`; log determinant of P, NaN where there is none."""
    log_det = factorise(P, L)
    for a in range(N_STATE):
        for b in range(N_STATE):
            out[a, b] = 1.0 if a == b else 0.0
    if not math.isnan(log_det):
        solve_columns(L, out)
    return log_det
