import Domain
import Foundation

/// A suite of probes in TOML: the built-in one, and the file in which a person adds to it.
///
/// ```toml
/// [[probe]]
/// name = "capitals"
/// capability = "knowledge"
///
/// [[probe.case]]
/// question = "What is the capital of France?"
/// contains = "Paris"
/// ```
public enum ProbeSuiteFile {
  /// Probes of a suite at most, and cases of a probe.
  static let limit = 200
  static let caseLimit = 20

  /// The suite that comes with hubwatch.
  ///
  /// - Throws: `SettingsError`; not for the text that was built in, which a test reads.
  public static func builtIn() throws(SettingsError) -> [Probe] {
    try read(BuiltInProbes.text, source: "the built-in suite")
  }

  /// The built-in suite with the probes of a person's file: of two with the same name the file's counts, at the place of
  /// the built-in one. New ones come last.
  ///
  /// - Parameter path: the file; one that does not exist adds nothing unless `isRequired`.
  /// - Throws: `SettingsError` for a file that cannot be read or used.
  public static func suite(with path: String, isRequired: Bool = false) throws(SettingsError) -> [Probe] {
    var suite = try builtIn()
    guard let text = try LoadedSettings.read(path, isRequired: isRequired) else { return suite }
    for probe in try read(text, source: path) {
      if let place = suite.firstIndex(where: { $0.name == probe.name }) {
        suite[place] = probe
      } else {
        suite.append(probe)
      }
    }
    guard suite.count <= limit else {
      throw SettingsError(source: path, "more than \(limit) probes, the built-in ones included")
    }
    return suite
  }

  /// The probes of a text.
  ///
  /// - Throws: `SettingsError` with every problem: syntax, unknown keys (with the nearest known one), wrong types, probes
  ///   without a name, without cases or without a check.
  public static func read(_ text: String, source: String) throws(SettingsError) -> [Probe] {
    guard text.utf8.count <= ConfigurationFile.sizeLimit else {
      throw SettingsError(source: source, "larger than 1 MiB")
    }
    let document: TOMLDocument
    do {
      document = try TOMLReader.read(text, .suite)
    } catch {
      throw SettingsError(source: source, problems: [.init(line: error.line, description: error.reason)])
    }
    var reader = ProbeReader()
    for table in document.tables { reader.refuse(table.line, "[\(table.name)] has no place here; write [[probe]]") }
    for entry in document.entries where entry.table.isEmpty {
      reader.refuse(entry.line, "\(entry.key) stands before the first [[probe]]")
    }
    for element in document.elements {
      switch element.name {
      case "probe": reader.begin(element)
      case "probe.case": reader.add(element)
      default:
        let nearest = Spelling.nearest(element.name, in: ["probe", "probe.case"])
        reader.refuse(
          element.line, ConfigurationFile.unknown("tables [[\(element.name)]]", nearest: nearest.map { "[[\($0)]]" }))
      }
    }
    let probes = reader.finish()
    guard reader.problems.isEmpty else {
      throw SettingsError(
        source: source,
        problems: reader.problems.sorted { ($0.line ?? 0, $0.description) < ($1.line ?? 0, $1.description) })
    }
    return probes
  }
}

extension LoadedSettings {
  /// The built-in suite with the person's own probes.
  ///
  /// - Throws: `SettingsError` for a file that cannot be used, or that was named and does not exist.
  public func probeSuite() throws(SettingsError) -> [Probe] {
    if !settings.probes.file.isEmpty { return try ProbeSuiteFile.suite(with: settings.probes.file, isRequired: true) }
    let folder = places.configuration.lastIndex(of: "/").map { String(places.configuration[..<$0]) } ?? "."
    return try ProbeSuiteFile.suite(with: "\(folder)/probes.toml")
  }
}

extension ProbeSuiteFile {
  /// The built-in suite as it is written.
  public static var builtInText: String { BuiltInProbes.text }
}
