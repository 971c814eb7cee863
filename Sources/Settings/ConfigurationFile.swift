import Domain
import TOMLKit

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
    let table: TOMLTable
    do {
      table = try TOMLTable(string: text)
    } catch let error as TOMLParseError {
      let line = Int(error.source.begin.line)
      throw SettingsError(source: source, problems: [.init(line: line, description: error.description)])
    } catch {
      throw SettingsError(source: source, problems: [.init(line: nil, description: "\(error)")])
    }
    var settings = Settings()
    var problems: [SettingsError.Problem] = []
    let places = KeyPlaces(text)
    for (section, value) in table {
      guard SettingKey.sections.contains(where: { $0.name == section }) else {
        let known = SettingKey.sections.map(\.name)
        problems.append(
          .init(
            line: places.line(section: section, key: nil),
            description: unknown("table or key \"\(section)\"", nearest: Spelling.nearest(section, in: known))))
        continue
      }
      guard let entries = value.table else {
        problems.append(
          .init(line: places.line(section: "", key: section), description: "[\(section)] has to be a table"))
        continue
      }
      for (name, value) in entries {
        let line = places.line(section: section, key: name)
        guard let key = SettingKey.all.first(where: { $0.section == section && $0.name == name }) else {
          let known = SettingKey.all.filter { $0.section == section }.map(\.name)
          problems.append(
            .init(
              line: line,
              description: unknown("key \"\(section).\(name)\"", nearest: Spelling.nearest(name, in: known))))
          continue
        }
        let found = plain(value)
        do {
          try key.store(&settings, found)
        } catch {
          problems.append(
            .init(line: line, description: "\(key.path) is \(found.kind) but wants \(error.wanted)"))
        }
      }
    }
    if settings.device.vram > 0, !settings.device.gpu.isEmpty {
      problems.append(
        .init(
          line: places.line(section: "device", key: "gpu"),
          description: "device.vram and device.gpu exclude each other"))
    }
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
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func unknown(_ what: String, nearest: String?) -> String {
    "unknown \(what)" + (nearest.map { "; did you mean \"\($0)\"?" } ?? "")
  }

  private static func plain(_ value: any TOMLValueConvertible) -> SettingValue {
    switch value.type {
    case .string: return value.string.map(SettingValue.string) ?? .other("a text")
    case .int: return value.int.map(SettingValue.integer) ?? .other("a number too large")
    case .double: return value.double.map(SettingValue.number) ?? .other("a number")
    case .bool: return value.bool.map(SettingValue.boolean) ?? .other("a flag")
    case .array:
      let texts = value.array.map { array in array.map { $0.string } } ?? []
      let strings = texts.compactMap { $0 }
      return strings.count == texts.count ? .strings(strings) : .other("a list of other things")
    case .table: return .other("a table")
    default: return .other("a date or time")
    }
  }
}
