package io.sparkexporter.reading;

/** Where readings come from. Used by the sampling thread alone. */
public interface ReadingSource {
  /** Reads what there is now; what is not set is gone. */
  void read(Readings into);
}
