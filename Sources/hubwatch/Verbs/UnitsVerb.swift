import ArgumentParser
import Console
import Domain
import Foundation
import Glibc
import Smoke
import Units

/// hubwatch's units in systemd's folders.
struct UnitsVerb: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "units", abstract: "Installs, lists and removes the units by which systemd runs hubwatch.",
    subcommands: [Install.self, List.self, Show.self, Remove.self])

  /// Whose units, and where.
  struct Where: ParsableArguments {
    @Flag(help: "Units of your own systemd (systemctl --user) instead of the system's.") var user = false
    @Option(
      help: "A folder to take for /, such as one that becomes an image; systemd is then told nothing.",
      completion: .directory)
    var root: String?

    func validate() throws {
      if let root, root.isEmpty { throw ValidationError("--root takes a folder") }
    }

    var scope: UnitInstallation.Scope { user ? .user : .system }

    var program: String { URL(fileURLWithPath: SmokeRunner.thisProgram).resolvingSymlinksInPath().path }

    func installation(_ common: CommonOptions) throws(UnitError) -> UnitInstallation {
      try UnitInstallation(
        scope, root: root ?? "", program: program, version: Version.text, environment: common.environment)
    }

    /// What systemd is asked after its files have changed; nobody where the files are not this machine's.
    func manager(_ common: CommonOptions) -> UnitManager? {
      root == nil ? UnitManager(scope, environment: common.environment) : nil
    }
  }

  /// Which life hubwatch is to lead.
  enum Life: String, ExpressibleByArgument, CaseIterable {
    case daemon, timers

    /// What is at work in this life and not in the other.
    var heart: String { self == .daemon ? "hubwatch.service" : "hubwatch-run.timer" }

    var other: Life { self == .daemon ? .timers : .daemon }

    /// What is enabled for it; the socket is the system's only.
    func units(_ scope: UnitInstallation.Scope) -> [String] {
      (scope == .system ? ["hubwatch-smoke.socket"] : []) + [heart]
        + ["hubwatch-digest.timer", "hubwatch-deliver.service", "hubwatch-scrub.timer"]
    }
  }

  /// Puts the units in their places.
  struct Install: Verb {
    static let configuration = CommandConfiguration(
      commandName: "install", abstract: "Puts the units in their places, and tells systemd.",
      discussion: """
        The system's units go to /etc/systemd/system with a user and folders of their own, and name this program by its path;
        those of --user go to ~/.config/systemd/user. Installing again brings them up to date; a file that somebody has changed is
        left alone, and nothing else is written then. Nothing is enabled unless --enable says so.
        """)

    @OptionGroup var common: CommonOptions
    @OptionGroup var place: Where
    @Option(help: "daemon (always at work) or timers (a cycle every few hours): enables and starts what it needs.")
    var enable: Life?
    @Flag(help: "Replace files that somebody has changed.") var force = false
    @Flag(name: .customLong("dry-run"), help: "Say what would be written, and write nothing.") var dryRun = false

    func validate() throws {
      if enable != nil, place.root != nil { throw ValidationError("--enable and --root exclude each other") }
    }

    func work() async throws -> Domain.ExitCode {
      let installation = try place.installation(common)
      if let folder = installation.packaged {
        // Files of our own would hide those that come with each upgrade.
        common.note("the units in \(ForeignText.safe(folder)) came with the program, and are used")
      } else {
        try write(installation)
      }
      guard !dryRun, let manager = place.manager(common) else { return .done }
      try await manager.prepareGround()
      try await manager.readAgain()
      let units = (enable ?? .daemon).units(place.scope)
      if let enable {
        try await manager.disable([enable.other.heart])
        try await manager.enable(units)
        common.note("enabled: \(units.joined(separator: ", "))")
      } else {
        common.note("nothing is enabled by this; next: \(manager.command(["enable", "--now"] + units))")
      }
      if place.user {
        common.note("a user's units end with the user's last session, unless: loginctl enable-linger")
      }
      return .done
    }

    private func write(_ installation: UnitInstallation) throws {
      if place.scope == .system, place.root == nil { try ProgramPlace.check(place.program) }
      if dryRun {
        for item in installation.items {
          try common.print("\(try installation.standing(of: item).rawValue)  \(ForeignText.safe(item.path))")
        }
        return
      }
      let written = try installation.install(replacingChanged: force)
      for item in written { try common.print(ForeignText.safe(item.path)) }
      if written.isEmpty { common.note("every file is there already, and up to date") }
    }
  }

  /// How the files stand.
  struct List: Verb {
    static let configuration = CommandConfiguration(
      commandName: "list", abstract: "Says for each file whether it is there, and as it should be.")

    @OptionGroup var common: CommonOptions
    @OptionGroup var place: Where
    @Flag(help: "One JSON document.") var json = false

    struct Report: Encodable {
      struct File: Encodable {
        let name: String
        let path: String
        let standing: String
      }

      let schema = "hubwatch.units/1"
      let scope: String
      let files: [File]
    }

    func work() async throws -> Domain.ExitCode {
      let installation = try place.installation(common)
      let files = try installation.items.map {
        Report.File(name: $0.name, path: $0.path, standing: try installation.standing(of: $0).rawValue)
      }
      if json {
        try common.print(JSONOutput.document(Report(scope: place.scope.rawValue, files: files)))
        return .done
      }
      var table = Table([.init("FILE"), .init("STANDING"), .init("PLACE", mayVanish: true)])
      for file in files {
        let meaning: Style.Meaning? = file.standing == "current" ? .good : file.standing == "missing" ? nil : .warning
        table.add([
          .init(ForeignText.safe(file.name)), .init(file.standing, meaning), .init(ForeignText.safe(file.path)),
        ])
      }
      try common.print(table.lines(width: common.terminal.width, style: common.terminal.style).joined(separator: "\n"))
      return .done
    }
  }

  /// The text of a unit.
  struct Show: Verb {
    static let configuration = CommandConfiguration(
      commandName: "show", abstract: "Prints a file as `units install` would write it.")

    @OptionGroup var common: CommonOptions
    @OptionGroup var place: Where
    @Argument(help: "Its name, such as hubwatch.service.") var name: String

    func work() async throws -> Domain.ExitCode {
      guard let item = try place.installation(common).items.first(where: { $0.name == name }) else {
        throw UnitError.unknown(ForeignText.safe(name, limit: 200))
      }
      try common.print(item.text, lineEnd: "")
      return .done
    }
  }

  /// Takes the units away.
  struct Remove: Verb {
    static let configuration = CommandConfiguration(
      commandName: "remove", abstract: "Stops and disables the units, and takes their files away.",
      discussion: "State, models, configuration and token stay. 1 when a file stays because somebody has changed it.")

    @OptionGroup var common: CommonOptions
    @OptionGroup var place: Where

    func work() async throws -> Domain.ExitCode {
      let installation = try place.installation(common)
      let manager = place.manager(common)
      var startable: [String] = []
      for item in installation.items where item.isStartable {
        if try installation.standing(of: item) != .missing { startable.append(item.name) }
      }
      if !startable.isEmpty { try await manager?.disable(startable) }
      let (removed, left) = try installation.remove()
      for item in removed { try common.print("removed \(ForeignText.safe(item.path))") }
      for item in left {
        common.note("hubwatch: left alone, as somebody has changed it: \(ForeignText.safe(item.path))")
      }
      if !removed.isEmpty { try await manager?.readAgain() }
      return left.isEmpty ? .done : .failed
    }
  }
}
