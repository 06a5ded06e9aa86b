package io.sparkexporter.live;

/** A change or a declaration that is refused. Nothing has changed, except by a misfit; the message says why. */
public final class LiveRefused extends Exception {
  private static final long serialVersionUID = 1L;

  private final Kind kind;

  private enum Kind {
    INVALID,
    CONFLICT,
    MISFIT
  }

  private LiveRefused(String sentence, Kind kind) {
    super(sentence, null, false, false);
    this.kind = kind;
  }

  static LiveRefused invalid(String sentence) {
    return new LiveRefused(sentence, Kind.INVALID);
  }

  static LiveRefused conflict(String sentence) {
    return new LiveRefused(sentence, Kind.CONFLICT);
  }

  static LiveRefused misfit(String sentence) {
    return new LiveRefused(sentence, Kind.MISFIT);
  }

  /** Whether it is only that somebody else was faster. */
  public boolean isConflict() {
    return kind == Kind.CONFLICT;
  }

  /** Whether it is only that the present value does not fit a declaration, which counts all the same. */
  public boolean isMisfit() {
    return kind == Kind.MISFIT;
  }
}
