package io.sparkexporter.live;

/** A change or a declaration that is refused. Nothing has changed; the message says why. */
public final class LiveRefused extends Exception {
  private static final long serialVersionUID = 1L;

  private final boolean conflict;

  private LiveRefused(String sentence, boolean conflict) {
    super(sentence, null, false, false);
    this.conflict = conflict;
  }

  static LiveRefused invalid(String sentence) {
    return new LiveRefused(sentence, false);
  }

  static LiveRefused conflict(String sentence) {
    return new LiveRefused(sentence, true);
  }

  /** Whether it is only that somebody else was faster. */
  public boolean isConflict() {
    return conflict;
  }
}
