import com.eclipsesource.json.*;
import holdfast.Holdfast;
import holdfast.Holdfast.*;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apache.curator.framework.*;
import org.apache.curator.framework.recipes.locks.InterProcessMutex;
import org.apache.curator.retry.ExponentialBackoffRetry;

/**
 * Curator's InterProcessMutex as Holdfast tests it. All leases of a process share its session.
 *
 * <p>Its documentation: "It is strongly recommended that you add a ConnectionStateListener and watch for SUSPENDED and LOST
 * state changes. If a SUSPENDED state is reported you cannot be certain that you still hold the lock [...]. If a LOST state is
 * reported it is certain that you no longer hold the lock." So a lease is lost when either is reported.
 */
final class CuratorSubject implements Subject {
  private record Held(String lease, InterProcessMutex mutex) {}

  private final Set<String> leases = ConcurrentHashMap.newKeySet();
  private CuratorFramework client;
  private int sessionMs;

  public JsonObject connect(JsonObject hello) {
    sessionMs = hello.get("options").asObject().getInt("sessionMs", 60_000);
    var servers = hello.get("endpoints").asArray().values().stream().map(JsonValue::asObject)
        .map(one -> one.getString("host", "") + ":" + one.getInt("port", 0)).collect(Collectors.joining(","));
    client = CuratorFrameworkFactory.builder().connectString(servers).sessionTimeoutMs(sessionMs)
        .connectionTimeoutMs(sessionMs).retryPolicy(new ExponentialBackoffRetry(100, 3)).build();
    client.getConnectionStateListenable().addListener((any, state) -> {
      if (!state.isConnected()) tellAll();
    });
    client.start();
    var about = Json.object().add("name", "curator InterProcessMutex").add("libraryVersion", "5.9.0");
    return about.add("owner", "thread").add("features", Json.array("abort", "lost"));
  }

  private void tellAll() {
    for (var lease : leases) if (leases.remove(lease)) Holdfast.tellLost(lease, "connection");
  }

  public Grant acquire(Ask ask) throws Exception {
    var mutex = new InterProcessMutex(client, "/" + URLEncoder.encode(ask.key(), StandardCharsets.UTF_8));
    if (!mutex.acquire(ask.waitMs(), TimeUnit.MILLISECONDS))
      throw new Refused(ask.waitMs() > 0 ? "timeout" : "busy", "unknown", "acquire: false");
    leases.add(ask.lease());
    if (!client.getZookeeperClient().isConnected()) tellAll();
    return new Grant(new Held(ask.lease(), mutex), Json.object().add("leaseMs", sessionMs));
  }

  /** It says "done": the node is deleted, and that it was gone already is no error. */
  public String release(Object handle) throws Exception {
    var held = (Held) handle;
    leases.remove(held.lease());
    held.mutex().release();
    return "done";
  }

  public static void main(String[] args) throws Exception {
    Holdfast.serve(new CuratorSubject());
  }
}
