package holdfast;

import com.eclipsesource.json.*;
import holdfast.Holdfast.*;
import java.io.*;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.*;

/** The lines that are read and written, and the threads that make the calls. */
final class Protocol {
  private static final PrintStream OUT = new PrintStream(System.out, false, StandardCharsets.UTF_8);
  private static final String CLOCK = System.getProperty("os.name").equals("Linux") ? "monotonic" : "own";
  private static final Map<String, BlockingQueue<JsonObject>> LANES = new ConcurrentHashMap<>();
  private static final Map<Integer, Thread> OPEN = new ConcurrentHashMap<>(); // what may be given up

  static void serve(Subject subject) throws Exception {
    System.setOut(System.err); // a print is a log
    var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line; (line = in.readLine()) != null; ) {
      var began = now();
      var asked = Json.parse(line).asObject();
      var said = Json.object().add("ok", true);
      switch (asked.getString("cmd", "")) {
        case "hello" -> said.merge(subject.connect(asked)).add("protocol", 1).add("clock", CLOCK)
            .add("language", "java " + System.getProperty("java.version"));
        case "ping" -> {}
        case "abort" -> {
          var waiting = OPEN.get(asked.getInt("of", -1));
          if (waiting != null) waiting.interrupt();
        }
        case "bye" -> Runtime.getRuntime().halt(0);
        case "acquire", "release", "extend", "held" -> {
          if (lane(subject, asked)) continue;
          said.set("ok", false).add("code", "unavailable").add("outcome", "definite").add("message", "no such lease");
        }
        default -> said.set("ok", false).add("code", "unsupported");
      }
      answer(asked, began, now(), said);
    }
    Runtime.getRuntime().halt(0); // whatever threads of the library are at
  }

  private static boolean lane(Subject subject, JsonObject asked) {
    var lease = asked.getString("lease", "");
    if (asked.getString("cmd", "").equals("acquire")) {
      var requests = new LinkedBlockingQueue<JsonObject>();
      LANES.put(lease, requests);
      var thread = new Thread(() -> work(subject, requests), lease);
      thread.setDaemon(true);
      OPEN.put(asked.getInt("id", -1), thread);
      thread.start();
    }
    var requests = LANES.get(lease);
    return requests != null && requests.add(asked);
  }

  private static void work(Subject subject, BlockingQueue<JsonObject> requests) {
    Object handle = null;
    for (boolean over = false; !over; ) {
      JsonObject asked;
      try {
        asked = requests.take();
      } catch (InterruptedException late) {
        continue; // given up when it was over
      }
      String cmd = asked.getString("cmd", ""), lease = asked.getString("lease", ""), began = now();
      var said = Json.object().add("ok", true);
      try {
        switch (cmd) {
          case "acquire" -> {
            var grant = subject.acquire(ask(asked));
            handle = grant.handle();
            said.merge(grant.said());
          }
          case "release" -> said.add("outcome", subject.release(handle));
          case "extend" -> said.merge(subject.extend(handle));
          default -> said.add("held", subject.held(handle));
        }
      } catch (Throwable error) {
        said = refusal(cmd, error);
      }
      var ended = now();
      OPEN.remove(asked.getInt("id", -1));
      over = cmd.equals("release") || (cmd.equals("acquire") && !said.getBoolean("ok", false));
      if (over) LANES.remove(lease);
      answer(asked, began, ended, said);
    }
  }

  private static Ask ask(JsonObject asked) {
    long leaseMs = Math.round(asked.getDouble("leaseMs", 0)), waitMs = Math.round(asked.getDouble("waitMs", 0));
    return new Ask(asked.getString("lease", ""), asked.getString("key", ""), leaseMs, waitMs,
        asked.getBoolean("renew", false), asked.getString("mode", "exclusive"), asked.getString("owner", null));
  }

  private static JsonObject refusal(String cmd, Throwable error) {
    var said = Json.object().add("message", String.valueOf(error));
    if (error instanceof Refused no)
      return said.add("ok", cmd.equals("release") && no.outcome.equals("lost")).add("code", no.code)
          .add("outcome", no.outcome);
    var code = error instanceof InterruptedException ? "aborted" : "unavailable";
    return said.add("ok", false).add("code", code).add("outcome", "unknown");
  }

  private static void answer(JsonObject asked, String began, String ended, JsonObject said) {
    say(said.set("id", asked.getInt("id", -1)).set("t", Json.array(began, ended)));
  }

  static void say(JsonObject line) {
    synchronized (OUT) {
      OUT.print(line + "\n");
      OUT.flush();
    }
  }

  /** On Linux the raw monotonic clock. */
  static String now() {
    return Long.toString(System.nanoTime());
  }
}
