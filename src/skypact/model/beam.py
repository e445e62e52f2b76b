"""What is kept of each sensor's beam."""

(
    BEAM_TIME_S,
    BEAM_PHASE,
    BEAM_RATE,
    BEAM_COV,
    BEAM_COV_RATE,
    BEAM_VAR_RATE,
    BEAM_SPREAD2,
    BEAM_PLOTS,
    BEAM_HEARD_S,
    BEAM_LOAD,
    BEAM_ALIVE_S,
    BEAM_BACK_S,
    BEAM_SECTOR,
) = range(13)
N_BEAM_SECTORS = 24
BEAM_WIDTH = BEAM_SECTOR + N_BEAM_SECTORS
"""Columns of `Geometry.beam`: time of the last plot; turns by then, counted on, and turns a second;
variance of the turns, their covariance with the rate, variance of the rate; mean square of the
plots' distance from the line [turns^2]; plots so far; time of the last report; reports of the last
five turns, faded; the present when the sensor was last heard, and when it came back from a silence
that it should not have had; from the last column on, each sector's reports of the last five turns.
"""
