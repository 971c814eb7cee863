import Catalog
import Domain
import Foundation
import Glibc
import Watch

/// The state folder cannot be made or written.
struct StateFolderCheck: Check {
  let name = "state-folder"

  func look(at setup: Setup) -> [Finding] {
    FolderRights.findings(setup.places.state, what: "the state folder", "Nothing can be recorded.", setup)
  }
}

/// Folders that hubwatch writes to.
enum FolderRights {
  /// Findings about a folder that is to be written, and made when it is missing.
  static func findings(_ path: String, what: String, _ consequence: String, _ setup: Setup) -> [Finding] {
    let nearest = Setup.nearest(path)
    var info = stat()
    guard stat(nearest, &info) == 0 else {
      return [.trouble("\(what) \(path) cannot be looked at", consequence, mend: "ls -ld \(Shell.word(nearest))")]
    }
    guard info.st_mode & S_IFMT == S_IFDIR else {
      let word = Shell.word(nearest)
      return [
        .trouble(
          "\(what) \(path) cannot be used: \(nearest) is no folder", consequence, mend: "mv \(word) \(word).aside")
      ]
    }
    guard !setup.surroundings.may(W_OK | X_OK, nearest) else { return [] }
    var system = statvfs()
    if statvfs(nearest, &system) == 0, system.f_flag & UInt(ST_RDONLY) != 0 {
      return [
        .trouble(
          "\(what) \(path) lies on a file system that is read-only", consequence,
          mend: "sudo mount -o remount,rw \"$(findmnt -n -o TARGET --target \(Shell.word(nearest)))\"")
      ]
    }
    let user = setup.surroundings.userName
    return [
      .trouble(
        "\(what) \(path) cannot be written by \(user): \(nearest) belongs to user \(info.st_uid)", consequence,
        mend: nearest == path
          ? "sudo chown -R \(Shell.word(user)): \(Shell.word(path))"
          : "sudo install -d -o \(Shell.word(user)) -m 0700 \(Shell.word(path))")
    ]
  }

  private static let ST_RDONLY = 1
}

/// The database lies where SQLite's locks do not hold.
struct StateFileSystemCheck: Check {
  let name = "state-file-system"

  private static let remote: Set = ["nfs", "nfs4", "cifs", "smb3", "9p", "fuse.sshfs", "afs", "ceph", "glusterfs"]

  func look(at setup: Setup) -> [Finding] {
    let state = setup.places.state
    guard let mounts = setup.surroundings.text("/proc/mounts") else { return [] }
    var best = (target: "", type: "")
    for line in mounts.split(separator: "\n") {
      let fields = line.split(separator: " ")
      guard fields.count > 2 else { continue }
      let target = fields[1].replacing("\\040", with: " ")
      let isAbove = target == "/" || state == target || state.hasPrefix(target + "/")
      // Of two at one place the later one is in force.
      if isAbove, target.count >= best.target.count { best = (String(target), String(fields[2])) }
    }
    guard Self.remote.contains(best.type) else { return [] }
    return [
      .trouble(
        "the state folder \(state) lies on a network file system (\(best.type) at \(best.target))",
        "The database's locks do not hold there, and it may be damaged.",
        mend: "export HUBWATCH_STATE=/var/tmp/hubwatch-$USER   # or another folder on a local disk")
    ]
  }
}

/// The database is damaged, or of another version.
struct CatalogCheck: Check {
  let name = "catalog"

  func look(at setup: Setup) -> [Finding] {
    var error = setup.catalogError
    if error == nil, let catalog = setup.catalog {
      do { try catalog.check() } catch let found { error = found }
    }
    guard let error else { return [] }
    switch error.kind {
    case .newer:
      let other = Shell.word(setup.places.state + "-\(setup.surroundings.userName)")
      return [
        .trouble(
          error.problem, "This version cannot read it. Install the newer one again, or begin another state:",
          mend: "HUBWATCH_STATE=\(other) hubwatch poll")
      ]
    case .older:
      return [.hint(error.problem, "The next poll brings it up to date.", mend: "hubwatch poll")]
    case .corrupt:
      return [
        .trouble(
          error.problem, "The next run moves it aside and goes on with the last snapshot.", mend: "hubwatch run")
      ]
    case .full:
      return [.trouble(error.problem, "Nothing can be recorded.", mend: "hubwatch gc")]
    case .absent: return []
    case .notWritable, .failed:
      return [
        .trouble(error.problem, error.advice ?? "", mend: "ls -l \(Shell.word(setup.places.state))")
      ]
    }
  }
}

/// Who holds the state.
struct LockCheck: Check {
  let name = "lock"

  func look(at setup: Setup) -> [Finding] {
    guard let holder = StateLock.holder(folder: setup.places.state) else { return [] }
    guard let process = holder.processID else {
      return [
        .hint(
          "somebody holds the state who does not say who it is", "Verbs that change it end with 75.",
          mend: "fuser -v \(Shell.word(setup.places.state + "/lock"))")
      ]
    }
    if isStopped(process, setup) {
      return [
        .trouble(
          "process \(process) holds the state and is stopped", "Nobody else can change the state, and nothing goes on.",
          mend: "kill -CONT \(process)")
      ]
    }
    let since = holder.since.map { " since \($0.formatted(.iso8601))" } ?? ""
    return [
      .hint(
        "process \(process) holds the state\(since)", "As long as it works, verbs that change the state end with 75.",
        mend: "hubwatch status")
    ]
  }

  /// Whether the kernel says that a process is stopped by a signal or a debugger.
  private func isStopped(_ process: Int32, _ setup: Setup) -> Bool {
    // `pid (name) state …`, where the name may hold anything.
    guard let text = setup.surroundings.text("/proc/\(process)/stat"), let end = text.lastIndex(of: ")") else {
      return false
    }
    return ["T", "t"].contains(text[text.index(after: end)...].split(separator: " ").first)
  }
}

/// The clock is wrong.
struct ClockCheck: Check {
  let name = "clock"

  func look(at setup: Setup) -> [Finding] {
    let now = setup.surroundings.now
    let command = "timedatectl set-ntp true && timedatectl status"
    let day: TimeInterval = 86_400
    if let made = setup.surroundings.madeAt, now < made - day {
      return [
        .trouble(
          "the clock says \(now.formatted(.iso8601)), and the program was made on \(made.formatted(.iso8601))",
          "Certificates seem not yet valid, and nothing counts as new.", mend: command)
      ]
    }
    if let cycle = setup.ask({ try $0.lastCycle() }), cycle.startedAt > now + day {
      return [
        .trouble(
          "the last cycle began on \(cycle.startedAt.formatted(.iso8601)), which the clock says is still to come",
          "The clock was ahead then, or is behind now.", mend: command)
      ]
    }
    return []
  }
}
