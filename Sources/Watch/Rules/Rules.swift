import Domain
import Settings

/// What the user counts as worth watching: the rules of `[watch]`, in the order in which they are asked.
///
/// 1. `mute`, 2. `follow`, 3. `nsfw`, 4. `licences`, 5. `languages`, 6. `min_parameters` and `max_parameters`,
/// 7. `families`, 8. `architectures`. The first that has something to say decides. What is not known yet keeps no
/// model out: it is judged again when its header was read.
struct Rules: Sendable, Equatable {
  /// What is known of a model when it is judged.
  struct Subject {
    var id: RepoID
    var tags: TagList
    /// From the hub's look into a GGUF file, or from a header; nil when neither is there.
    var architecture: String?
    /// All weights; nil when unknown.
    var parameters: Int64?
  }

  private let settings: Settings.Watch
  private let mute: Set<String>
  private let follow: Set<String>
  private let architectures: TagSet
  private let licences: Set<String>
  private let languages: Set<String>
  private let families: [Pattern]

  private static let nsfwTags = TagSet(["not-for-all-audiences", "nsfw"])

  init(_ settings: Settings.Watch) {
    self.settings = settings
    mute = Set(settings.mute.map { $0.lowercased() })
    follow = Set(settings.follow.map { $0.lowercased() })
    architectures = TagSet(settings.architectures.map { $0.lowercased() })
    licences = Set(settings.licences.map { $0.lowercased() })
    languages = Set(settings.languages.map { $0.lowercased() })
    families = settings.families.map(Pattern.init)
  }

  /// Changes whenever a model could be judged otherwise than before.
  var fingerprint: String {
    [
      settings.architectures, settings.families, settings.follow, settings.mute, settings.licences, settings.languages,
      ["\(settings.minParameters)", "\(settings.maxParameters)", "\(settings.nsfw)"],
    ].map { "\($0.sorted())" }.joined(separator: " ")
  }

  /// Whether an author is followed.
  func isFollowed(_ owner: String) -> Bool { !follow.isEmpty && follow.contains(owner.lowercased()) }

  /// Judges a model.
  func judge(_ subject: Subject) -> Ruling {
    if !mute.isEmpty || !follow.isEmpty {
      let owner = subject.id.owner
      if mute.contains(owner.lowercased()) { return Ruling(isAdmitted: false, rule: .mute, finding: owner) }
      if isFollowed(owner) { return Ruling(isAdmitted: true, rule: .follow, finding: owner) }
    }
    return contentObjection(subject) ?? sizeObjection(subject) ?? kinship(subject)
  }

  private func contentObjection(_ subject: Subject) -> Ruling? {
    if !settings.nsfw, let tag = subject.tags.first(in: Self.nsfwTags) {
      return Ruling(isAdmitted: false, rule: .nsfw, finding: tag)
    }
    if !licences.isEmpty {
      let stated = subject.tags.filter { $0.hasPrefix("license:") }.map { $0.dropFirst(8).lowercased() }
      if !stated.contains(where: licences.contains) {
        return Ruling(isAdmitted: false, rule: .licences, finding: stated.first ?? "")
      }
    }
    if !languages.isEmpty {
      let stated = subject.tags.filter(Self.isLanguage).map(String.init)
      if !stated.isEmpty, !stated.contains(where: languages.contains), !subject.tags.contains("multilingual") {
        return Ruling(isAdmitted: false, rule: .languages, finding: stated.prefix(8).joined(separator: ", "))
      }
    }
    return nil
  }

  private func sizeObjection(_ subject: Subject) -> Ruling? {
    guard let parameters = subject.parameters, parameters > 0 else { return nil }
    if parameters < settings.minParameters {
      return Ruling(isAdmitted: false, rule: .minParameters, finding: Quantity.approximateParameters(parameters))
    }
    if settings.maxParameters > 0, parameters > settings.maxParameters {
      return Ruling(isAdmitted: false, rule: .maxParameters, finding: Quantity.approximateParameters(parameters))
    }
    return nil
  }

  private func kinship(_ subject: Subject) -> Ruling {
    if !families.isEmpty {
      let names = [subject.id] + Lineage(tags: subject.tags).bases
      if let kin = names.first(where: { name in families.contains { $0.matches(name.description) } }) {
        return Ruling(isAdmitted: true, rule: .families, finding: kin.description)
      }
    }
    if let architecture = subject.architecture {
      // Nearly all are in lower case already, which is dear to find out by making them so.
      let hasCapitals = architecture.utf8.contains { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) }
      return Ruling(
        isAdmitted: architectures.contains(hasCapitals ? architecture.lowercased() : architecture),
        rule: .architectures, finding: architecture)
    }
    // Repositories of transformers carry their model_type as a tag; those with nothing but GGUF files do not.
    if let tag = subject.tags.first(in: architectures) {
      return Ruling(isAdmitted: true, rule: .architectures, finding: tag)
    }
    return Ruling(isAdmitted: true, rule: .unknownArchitecture)
  }

  /// Whether a tag is a two-letter code of a language.
  static func isLanguage(_ tag: some StringProtocol) -> Bool {
    tag.utf8.count == 2 && tag.utf8.allSatisfy { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) }
  }
}

extension Quantity {
  /// A number of parameters for a person: `1.2B`, `135M`, `260k`.
  static func approximateParameters(_ count: Int64) -> String {
    for (factor, unit) in [(1e9, "B"), (1e6, "M"), (1e3, "k")] where Double(count) >= factor {
      let value = Double(count) / factor
      return (value < 10 ? ByteCount.decimal(value, places: 1) : ByteCount.decimal(value, places: 0)) + unit
    }
    return "\(count)"
  }
}
