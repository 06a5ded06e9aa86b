package io.sparkexporter.live;

import io.sparkexporter.json.Json;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/**
 * Matches texts with patterns, all of them within a second: Java's patterns go back and try again, which can take years for forty
 * characters, or all of the stack. Both are as good as no match. Not thread-safe.
 */
final class PatternCheck {
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(1);
  /** So many characters are looked at between two looks at the clock. */
  private static final int STRIDE = 1024;

  private final long deadline = System.nanoTime() + PATIENCE_NANOS;

  /** Why it is not known whether a text matches. */
  static final class GivenUp extends Exception {
    private static final long serialVersionUID = 1L;

    GivenUp(String sentence) {
      super(sentence, null, false, false);
    }
  }

  /** Comes out of the middle of a match. */
  private static final class TooLong extends RuntimeException {
    private static final long serialVersionUID = 1L;

    TooLong() {
      super(null, null, false, false);
    }
  }

  /** A text that does not let itself be read for ever. */
  private final class Timed implements CharSequence {
    private final CharSequence text;
    private int looks;

    Timed(CharSequence text) {
      this.text = text;
    }

    @Override
    public char charAt(int index) {
      if (++looks % STRIDE == 0 && System.nanoTime() - deadline > 0) {
        throw new TooLong();
      }
      return text.charAt(index);
    }

    @Override
    public int length() {
      return text.length();
    }

    @Override
    public CharSequence subSequence(int start, int end) {
      return new Timed(text.subSequence(start, end));
    }

    @Override
    public String toString() {
      return text.toString();
    }
  }

  /**
   * Returns whether the whole text matches.
   *
   * @throws GivenUp if that cannot be said; the message goes on after the name of what was to match
   */
  boolean matches(Pattern pattern, String text) throws GivenUp {
    try {
      return pattern.matcher(new Timed(text)).matches();
    } catch (TooLong endless) {
      throw new GivenUp("took too long to check; it must match " + Json.of(pattern.pattern()));
    } catch (StackOverflowError deep) {
      throw new GivenUp("took too much stack to check; it must match " + Json.of(pattern.pattern()));
    }
  }
}
