import Domain

/// The configuration file: TOML, checked as a whole before anything of it is used.
public enum ConfigurationFile {
  /// Files beyond this size are refused unread; a real one has some kilobytes.
  public static let sizeLimit = 1 << 20

  /// The settings that `text` describes, on top of the defaults.
  ///
  /// - Parameters:
  ///   - text: the file's content.
  ///   - source: its name, for messages.
  /// - Throws: `SettingsError` with every problem: syntax, unknown tables and keys (with the nearest known
  ///   one), wrong types and values out of range.
  public static func settings(from text: String, source: String) throws(SettingsError) -> Settings {
    guard text.utf8.count <= sizeLimit else {
      throw SettingsError(source: source, problems: [.init(line: nil, description: "larger than 1 MiB")])
    }
    let document: TOMLDocument
    do {
      document = try TOMLReader.read(text)
    } catch {
      throw SettingsError(source: source, problems: [.init(line: error.line, description: error.reason)])
    }
    var settings = Settings()
    var problems: [SettingsError.Problem] = []
    let sections = SettingKey.sections.map(\.name)
    for table in document.tables where !sections.contains(table.name) {
      let nearest = Spelling.nearest(table.name, in: sections)
      problems.append(.init(line: table.line, description: unknown("table [\(table.name)]", nearest: nearest)))
    }
    for entry in document.entries where entry.table.isEmpty || sections.contains(entry.table) {
      guard !entry.table.isEmpty else {
        problems.append(.init(line: entry.line, description: "\(entry.key) stands before the first [table]"))
        continue
      }
      guard let key = SettingKey.all.first(where: { $0.section == entry.table && $0.name == entry.key }) else {
        let known = SettingKey.all.filter { $0.section == entry.table }.map(\.name)
        let nearest = Spelling.nearest(entry.key, in: known)
        problems.append(
          .init(line: entry.line, description: unknown("key \"\(entry.table).\(entry.key)\"", nearest: nearest)))
        continue
      }
      do {
        try key.store(&settings, entry.value)
      } catch {
        problems.append(
          .init(line: entry.line, description: "\(key.path) is \(entry.value.kind) but wants \(error.wanted)"))
      }
    }
    if settings.device.vram > 0, !settings.device.gpu.isEmpty {
      problems.append(
        .init(
          line: document.entries.last { $0.table == "device" && ["gpu", "vram"].contains($0.key) }?.line,
          description: "device.vram and device.gpu exclude each other"))
    }
    problems += DigestRules.problems(settings.digest) { table, keys in
      document.entries.last { $0.table == table && keys.contains($0.key) }?.line
    }
    DeviceTables.read(document.elements, into: &settings, &problems)
    guard problems.isEmpty else {
      let sorted = problems.sorted { ($0.line ?? 0, $0.description) < ($1.line ?? 0, $1.description) }
      throw SettingsError(source: source, problems: sorted)
    }
    return settings
  }

  /// The whole file with every key, its documentation and its value in `settings`, commented out where it is
  /// the default.
  public static func documented(_ settings: Settings = Settings()) -> String {
    var lines = [
      "# hubwatch configuration. Every key is shown with its default; remove the # to change one.",
      "# Sizes: \"20M\", \"200 GB\" (10^9), \"8 GiB\" (2^30). Times: \"90s\", \"30m\", \"2h\", \"1d\".",
    ]
    let defaults = Settings()
    for section in SettingKey.sections {
      lines += ["", "# \(section.documentation)", "[\(section.name)]"]
      for key in SettingKey.all where key.section == section.name {
        lines += key.documentation.split(separator: "\n").map { "# \($0)" }
        let value = key.render(settings)
        lines.append(value == key.render(defaults) ? "#\(key.name) = \(value)" : "\(key.name) = \(value)")
      }
      if section.name == "device" { lines += DeviceTables.documented(settings) }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  static func unknown(_ what: String, nearest: String?) -> String {
    "unknown \(what)" + (nearest.map { "; did you mean \"\($0)\"?" } ?? "")
  }
}
