package guest;

import java.io.IOException;
import java.nio.file.Path;

/** Leaves no space where the segments should go. */
public final class FillDisk extends Sabotage {
  @Override
  void spoil(Path localDirectory) throws IOException {
    fill(localDirectory);
  }
}
