import Foundation
import Settings

/// The manual: one page for the program, one for each verb, one for the configuration file, made of what the command line
/// and the configuration say of themselves.
struct ManualPages {
  /// A page and the file that it lies in.
  struct Page {
    /// `man1/hubwatch-fit.1`
    var file: String
    var text: String
  }

  private let root: CommandDescription

  /// A manual of the program as `description` has it.
  init(_ description: CommandDescription) { root = description }

  /// Every page.
  var pages: [Page] {
    [Page(file: "man1/\(root.commandName).1", text: overview)]
      + root.shownSubcommands.map { verb in
        Page(file: "man1/\(root.commandName)-\(verb.commandName).1", text: page(of: verb))
      } + [Page(file: "man5/hubwatch.toml.5", text: configuration)]
  }

  private var overview: String {
    var roff = Roff()
    roff.title(root.commandName, section: 1)
    roff.section("NAME")
    roff.text("\(root.commandName) - \(root.abstract ?? "")")
    roff.section("SYNOPSIS")
    roff.raw("\\fB\(root.commandName)\\fR \\fIcommand\\fR [\\fIarguments\\fR]")
    let discussion = Discussion(root.discussion ?? "")
    discussion.writeDescription(&roff)
    roff.section("COMMANDS")
    for verb in root.shownSubcommands {
      roff.entry("\\fB\(Roff.escaped("\(root.commandName)-\(verb.commandName)"))\\fR(1)", verb.abstract ?? "")
    }
    options(of: root, &roff)
    discussion.writeExitStatus(&roff)
    roff.section("ENVIRONMENT")
    for (name, meaning) in Self.variables { roff.entry("\\fB\(name)\\fR", meaning) }
    roff.section("FILES")
    for (name, meaning) in Self.files { roff.entry("\\fI\(Roff.escaped(name))\\fR", meaning) }
    seeAlso(["hubwatch.toml(5)"] + root.shownSubcommands.map { "hubwatch-\($0.commandName)(1)" }, &roff)
    return roff.page
  }

  private func page(of verb: CommandDescription) -> String {
    var roff = Roff()
    let name = "\(root.commandName)-\(verb.commandName)"
    roff.title(name, section: 1)
    roff.section("NAME")
    roff.text("\(name) - \(verb.abstract ?? "")")
    roff.section("SYNOPSIS")
    let commands = verb.shownSubcommands
    for command in commands.isEmpty ? [verb] : commands {
      let words = [root.commandName, verb.commandName] + (commands.isEmpty ? [] : [command.commandName])
      if command.commandName != commands.first?.commandName, !commands.isEmpty { roff.lineBreak() }
      roff.raw(synopsis(words.joined(separator: " "), command))
    }
    let discussion = Discussion(verb.discussion ?? "")
    discussion.writeDescription(&roff)
    if commands.isEmpty {
      options(of: verb, &roff)
    } else {
      for command in commands {
        roff.section("\(verb.commandName) \(command.commandName)".uppercased())
        roff.text(command.abstract ?? "")
        for line in (command.discussion ?? "").split(separator: "\n") { roff.text(String(line)) }
        entries(of: command, &roff)
      }
    }
    discussion.writeExitStatus(&roff)
    roff.section("NOTES")
    roff.raw("Exit codes that have no other meaning here, variables and files are those of \\fBhubwatch\\fR(1).")
    seeAlso(["hubwatch(1)", "hubwatch.toml(5)"], &roff)
    return roff.page
  }

  private func synopsis(_ words: String, _ command: CommandDescription) -> String {
    var parts = ["\\fB\(Roff.escaped(words))\\fR"]
    let arguments = command.shownArguments
    if arguments.contains(where: { $0.kind != .positional }) { parts.append("[\\fIoptions\\fR]") }
    for argument in arguments where argument.kind == .positional || !argument.isOptional {
      var word = "\\fI\(Roff.escaped(argument.valueName ?? "value"))\\fR"
      if argument.kind != .positional { word = "\\fB\(Roff.escaped(argument.names?.first?.typed ?? ""))\\fR \(word)" }
      if argument.isRepeating { word += " ..." }
      parts.append(argument.isOptional ? "[\(word)]" : word)
    }
    return parts.joined(separator: " ")
  }

  private func options(of command: CommandDescription, _ roff: inout Roff) {
    guard !command.shownArguments.isEmpty else { return }
    roff.section("OPTIONS")
    entries(of: command, &roff)
  }

  private func entries(of command: CommandDescription, _ roff: inout Roff) {
    for argument in command.shownArguments {
      let value = "\\fI\(Roff.escaped(argument.valueName ?? "value"))\\fR"
      let names = (argument.names ?? []).map { "\\fB\(Roff.escaped($0.typed))\\fR" }.joined(separator: ", ")
      let term =
        switch argument.kind {
        case .positional: value
        case .option: "\(names) \(value)"
        case .flag: names
        }
      var meaning = argument.abstract ?? ""
      if let values = argument.allValues, !values.isEmpty { meaning += "\nOne of \(values.joined(separator: ", "))." }
      if let standard = argument.defaultValue { meaning += "\nDefault: \(standard)." }
      roff.entry(term, meaning)
    }
  }

  private func seeAlso(_ pages: [String], _ roff: inout Roff) {
    roff.section("SEE ALSO")
    let names = pages.map { page in
      let open = page.firstIndex(of: "(") ?? page.endIndex
      return "\\fB\(Roff.escaped(String(page[..<open])))\\fR\(page[open...])"
    }
    roff.raw(names.joined(separator: ",\n"))
  }

  private var configuration: String {
    var roff = Roff()
    roff.title("hubwatch.toml", section: 5)
    roff.section("NAME")
    roff.text("hubwatch.toml - configuration of hubwatch")
    roff.section("DESCRIPTION")
    roff.text(
      "A file in TOML, named config.toml in its place. Every key is optional. The whole file is checked before anything"
    )
    roff.text("of it is used: an unknown table or key, a wrong type or a value out of range is an error with its line.")
    roff.paragraph()
    roff.text("`hubwatch config init` prints the file below, `hubwatch config check` checks one, and")
    roff.text("`hubwatch config show` prints what is in force.")
    roff.section("FILES")
    roff.entry("\\fI~/.config/hubwatch/config.toml\\fR", "The configuration of a person.")
    roff.entry("\\fI/etc/hubwatch/config.toml\\fR", "That of the system's service.")
    roff.section("KEYS")
    roff.text("Each with its meaning and its default:")
    roff.verbatim(ConfigurationFile.documented())
    seeAlso(["hubwatch(1)", "hubwatch-config(1)"], &roff)
    return roff.page
  }

  private static let variables = [
    ("HUBWATCH_STATE", "The folder of the state; default ~/.local/state/hubwatch."),
    ("HUBWATCH_CONFIG", "The configuration file; default ~/.config/hubwatch/config.toml."),
    ("HF_HUB_CACHE, HF_HOME", "Where models lie; default ~/.cache/huggingface/hub."),
    ("HF_ENDPOINT", "The hub; default https://huggingface.co."),
    ("HF_TOKEN, HF_TOKEN_PATH", "A token of the hub, or the file that holds it."),
    ("NO_COLOR", "Without colours, when it is not empty."),
    ("CLICOLOR_FORCE", "With colours also where there is no terminal, when it is neither empty nor 0."),
  ]

  private static let files = [
    ("~/.local/state/hubwatch", "The catalog, its snapshot, and the lock of whoever changes it."),
    ("~/.cache/huggingface/hub", "Models, where other programs of the hub find them."),
    ("~/.cache/huggingface/hubwatch-partial", "Downloads under way."),
    ("~/.config/hubwatch/config.toml", "The configuration, as hubwatch.toml(5) says."),
    ("~/.config/hubwatch/probes.toml", "Probes of your own."),
    ("/etc/hubwatch/config.toml, /etc/hubwatch/hf-token", "Configuration and token of the system's service."),
    ("/var/lib/hubwatch, /var/cache/hubwatch/hub", "State and models of the system's service."),
  ]
}
