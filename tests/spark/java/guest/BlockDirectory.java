package guest;

import java.io.IOException;
import java.nio.file.Path;

/** Puts a file where the segments' directory is or should be. */
public final class BlockDirectory extends Sabotage {
  @Override
  void spoil(Path localDirectory) throws IOException {
    block(localDirectory);
  }
}
