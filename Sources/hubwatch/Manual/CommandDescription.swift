import Foundation

/// What the argument parser knows of a command: its own description of itself (serialization version 0), as far as manuals
/// need it.
struct CommandDescription: Decodable {
  /// The name as it is typed.
  var commandName: String
  /// One sentence.
  var abstract: String?
  /// More sentences, in lines.
  var discussion: String?
  /// Whether it is shown to people.
  var shouldDisplay: Bool
  /// Options, flags and positional arguments.
  var arguments: [Argument]?
  /// Its own commands.
  var subcommands: [CommandDescription]?

  /// One argument.
  struct Argument: Decodable {
    /// What form it has.
    enum Kind: String, Decodable {
      case positional, option, flag
    }
    /// One of its names.
    struct Name: Decodable {
      /// `long`, `short` or `longWithSingleDash`.
      var kind: String
      /// Without dashes.
      var name: String

      /// As it is typed.
      var typed: String { (kind == "long" ? "--" : "-") + name }
    }

    var kind: Kind
    var shouldDisplay: Bool
    var isOptional: Bool
    var isRepeating: Bool
    var names: [Name]?
    var valueName: String?
    var abstract: String?
    var defaultValue: String?
    var allValues: [String]?
  }

  /// The arguments that people are shown.
  var shownArguments: [Argument] { (arguments ?? []).filter(\.shouldDisplay) }
  /// The commands that people are shown; `help` is no work.
  var shownSubcommands: [CommandDescription] {
    (subcommands ?? []).filter { $0.shouldDisplay && $0.commandName != "help" }
  }

  /// Reads the parser's document.
  ///
  /// - Throws: `DecodingError` when it has another form.
  static func read(_ text: String) throws -> CommandDescription {
    struct Document: Decodable { var command: CommandDescription }
    return try JSONDecoder().decode(Document.self, from: Data(text.utf8)).command
  }
}
