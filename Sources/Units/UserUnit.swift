/// Units of the system made fit for a person's own systemd.
///
/// A user's manager may not change users, mount or set up devices (systemd.exec(5)), and knows the system's targets not: what of a
/// unit needs that is left out, the rest stays as it is. State, models and configuration then lie where the person's command
/// line has them.
enum UserUnit {
  /// Keys that a user's manager understands, by section; all others are left out.
  private static let keys: [String: Set<String>] = [
    "[Unit]": [
      "Description", "After", "Wants", "Requires", "Conflicts", "OnFailure", "OnSuccess", "StartLimitIntervalSec",
      "StartLimitBurst", "CollectMode",
    ],
    "[Service]": [
      "Type", "NotifyAccess", "ExecStart", "ExecReload", "WatchdogSec", "TimeoutStartSec", "TimeoutStopSec", "Restart",
      "RestartSec", "RestartPreventExitStatus", "SuccessExitStatus", "RuntimeMaxSec", "UMask", "Nice", "CPUWeight",
      "IOWeight", "IOSchedulingClass", "TasksMax", "LimitNOFILE", "LimitCORE", "OOMScoreAdjust",
      "OOMPolicy",
    ],
    "[Timer]": [
      "OnCalendar", "Persistent", "RandomizedDelaySec", "FixedRandomDelay", "AccuracySec", "Unit", "OnActiveSec",
      "OnUnitActiveSec",
    ],
    "[Path]": ["PathExists", "PathChanged", "PathModified", "DirectoryNotEmpty", "Unit", "MakeDirectory"],
    "[Install]": ["WantedBy"],
  ]

  /// What a user's manager can do of a sandbox. All of it forbids programs to take on other rights, as the one does by which
  /// most mail systems accept a letter.
  private static let sandbox: Set<String> = [
    "NoNewPrivileges", "RestrictNamespaces", "RestrictRealtime", "RestrictSUIDSGID", "LockPersonality",
    "MemoryDenyWriteExecute", "RestrictAddressFamilies", "SystemCallArchitectures", "SystemCallFilter",
    "SystemCallErrorNumber",
  ]

  /// Units that only the system's manager has.
  private static let systemUnits: Set<Substring> = [
    "network-online.target", "nvidia-persistenced.service", "hubwatch-smoke.socket",
  ]

  /// Units that make sense for the system only: the socket's service takes a user and devices of its own.
  private static let systemOnly: Set<String> = ["hubwatch-smoke.socket", "hubwatch-smoke@.service"]

  /// A unit for a person's systemd; nil where there is no such thing.
  static func adapted(_ file: UnitFile) -> UnitFile? {
    guard file.kind == .unit, !systemOnly.contains(file.name) else { return nil }
    let sendsMail = file.name == "hubwatch-deliver.service"
    var lines: [String] = []
    // Remarks stand before what they are about, and go with it.
    var remarks: [String] = []
    var section = ""
    for line in file.text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
      if line.hasPrefix("[") {
        section = line
        lines += remarks + [line]
        remarks = []
      } else if line.hasPrefix("#") {
        remarks.append(line)
      } else if line.isEmpty {
        remarks = lines.last?.isEmpty == true ? [] : [""]
      } else if let kept = adapted(line, section, sendsMail: sendsMail) {
        lines += remarks + [kept]
        remarks = []
      } else if remarks.first == "" {
        remarks = [""]
      } else {
        remarks = []
      }
    }
    while lines.last?.isEmpty == true { lines.removeLast() }
    return UnitFile(name: file.name, kind: .unit, text: lines.joined(separator: "\n") + "\n")
  }

  private static func adapted(_ line: String, _ section: String, sendsMail: Bool) -> String? {
    guard let equals = line.firstIndex(of: "=") else { return nil }
    let (key, value) = (String(line[..<equals]), line[line.index(after: equals)...])
    guard keys[section]?.contains(key) == true || (section == "[Service]" && sandbox.contains(key) && !sendsMail) else {
      return nil
    }
    switch key {
    case "After", "Wants", "Requires":
      let units = value.split(separator: " ").filter { !systemUnits.contains($0) }
      return units.isEmpty ? nil : "\(key)=\(units.joined(separator: " "))"
    case "WantedBy" where value == "multi-user.target": return "WantedBy=default.target"
    default: return line
    }
  }
}
