import ArgumentParser
import Dispatch
import Downloads
import Glibc
import Smoke
import Watch

/// The command line: one file a verb, each of them thin.
@main
struct Hubwatch: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "hubwatch",
    abstract: "Looks what is new on the Hugging Face hub, keeps what fits your card, and makes sure that it runs.",
    discussion: """
      EXIT STATUS
        0   done, also when there was nothing to do
        1   the work failed: a verdict other than pass, a model unknown, gated or gone, no space
        64  wrong usage
        65  the input is not what it claims to be
        69  the hub cannot be reached
        75  another hubwatch holds the state
        78  configuration or state unusable
      """,
    version: Version.text,
    subcommands: [
      RunVerb.self, DaemonVerb.self, PollVerb.self, ListVerb.self, ShowVerb.self, SearchVerb.self, FitVerb.self,
      PullVerb.self, SmokeVerb.self, ProbesVerb.self, CompareVerb.self, DigestVerb.self, DeliverVerb.self,
      TrendsVerb.self, ServeVerb.self, KeepVerb.self, DropVerb.self, PathVerb.self, GCVerb.self, ScrubVerb.self,
      ToolsVerb.self, StatusVerb.self, PauseVerb.self, ResumeVerb.self, ReloadVerb.self, DoctorVerb.self, DemoVerb.self,
      CoreVerb.self, ConfigVerb.self, UnitsVerb.self, ManualVerb.self, RecordFailureVerb.self,
    ])

  /// The program. Not asynchronous itself, since the process that runs foreign models confines itself while it has one thread,
  /// and asynchronous work brings others.
  static func main() {
    let verb = CommandLine.arguments.dropFirst().first
    if verb == SmokeChild.verb {
      SmokeChild.run(devices: DeviceAnswer.encoded)
    }
    // Before there are threads, each of which would get an arena of its own.
    if verb == DaemonVerb.configuration.commandName { ProcessMemory.useOneArena() }
    JobPool.install()
    Task {
      await perform()
      Glibc.exit(EXIT_SUCCESS)
    }
    dispatchMain()
  }

  private static func perform() async {
    // A reader that went away shows itself as a failed write, not as a signal that loses what was under way.
    signal(SIGPIPE, SIG_IGN)
    // With a standard descriptor closed, the next file to be opened would get its number, and our words.
    for descriptor in Int32(0)...2 where fcntl(descriptor, F_GETFD) < 0 { _ = open("/dev/null", O_RDWR) }
    do {
      var command = try parseAsRoot()
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
    } catch {
      exit(withError: error)
    }
  }
}

/// The version of the program.
enum Version {
  static let text = "0.1.0"
}
