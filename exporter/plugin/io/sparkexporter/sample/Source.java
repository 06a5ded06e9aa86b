package io.sparkexporter.sample;

import io.sparkexporter.model.Reason;

/** Where the values of a sample come from. Used by the sampling thread alone. */
public interface Source {
  /** Reads what there is, enters what is new into the table, and folds processes that have ended into it. */
  void read(SeriesTable table);

  /** Adds the values of the live processes to their series. */
  void contribute();

  /** How many segment files it reads. */
  default int segments() {
    return 0;
  }

  /** How much its processes have dropped for this reason. */
  default double dropped(Reason reason) {
    return 0;
  }
}
