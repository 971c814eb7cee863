import ArgumentParser
import Catalog
import Console
import Domain
import Fit
import Foundation
import ModelFiles
import Settings
import Watch

/// What fits?
struct FitVerb: Verb {
  static let configuration = CommandConfiguration(
    commandName: "fit", abstract: "Says what fits a card: the whole catalog, single models, or files.",
    discussion: """
      A model is an id of the hub, a GGUF file (of a split one the first part), a file or folder of safetensors, or a
      config.json, which may be - for standard input. Without one the catalog is judged, the best families first; while
      that is empty, common sizes.
      Without --vram, --gpu, a configured card or a detected one, cards of 8, 12, 24 and 48 GiB stand side by side.
      A model fits when its need and a margin are no more than what is free. Memory is in GiB (2^30). Quantizations that
      nobody has published are computed from the model's tensors.
      """)

  @OptionGroup var common: CommonOptions
  @Argument(help: "Ids of models, files or folders; none for the whole catalog.") var models: [String] = []
  @Option(help: "A card with so many GiB and nothing else on it.") var vram: Double?
  @Option(help: "A card by name, such as \"RTX 3080 12GB\".") var gpu: String?
  @Option(name: .customLong("ctx"), help: "Context length in tokens.") var context: Int?
  @Option(help: "Type of the KV cache: f16, q8_0, q4_0 and what else engines keep it in.") var kv: String?
  @Option(help: "Physical batch in tokens.") var batch: Int?
  @Option(help: "Sequences that are worked on at once; each has its share of the context.") var parallel: Int?
  @Flag(name: .customLong("flash-attention"), inversion: .prefixedNo, help: "Whether the engine fuses attention.")
  var flashAttention: Bool?
  @Option(help: "Only this quantization.") var quant: String?
  @Flag(help: "Every quantization instead of the best of each model.") var all = false
  @Flag(help: "The parts of each need.") var breakdown = false
  @Option(help: "At most so many models of the catalog; 30 for a terminal's table, all for other forms.") var limit:
    Int?
  @Flag(help: "One JSON document.") var json = false
  @Flag(help: "Comma-separated values.") var csv = false
  @Flag(help: "A Markdown table.") var markdown = false

  func validate() throws {
    if vram != nil, gpu != nil { throw ValidationError("--vram and --gpu exclude each other") }
    if let vram, !(vram > 0 && vram <= 100_000) { throw ValidationError("--vram takes GiB above 0") }
    if let context, !(1...16_777_216).contains(context) { throw ValidationError("--ctx takes 1 to 16777216") }
    if let batch, !(1...65_536).contains(batch) { throw ValidationError("--batch takes 1 to 65536") }
    if let kv, KVCacheType(rawValue: kv) == nil {
      let types = KVCacheType.allCases.map(\.rawValue).joined(separator: ", ")
      throw ValidationError("--kv takes one of \(types)")
    }
    if let parallel, !(1...1024).contains(parallel) { throw ValidationError("--parallel takes 1 to 1024") }
    if let limit, !(1...1_000_000).contains(limit) { throw ValidationError("--limit takes 1 to 1000000") }
    if let quant, Quantization(quant) == nil, !PackedScheme.usual.contains(where: { $0.isNamed(quant) }) {
      throw ValidationError("\(quant) is not a quantization")
    }
    if [json, csv, markdown].filter({ $0 }).count > 1 {
      throw ValidationError("--json, --csv and --markdown exclude each other")
    }
  }

  func work() async throws -> Domain.ExitCode {
    let loaded = try LoadedSettings(environment: common.environment)
    let devices = try await devices(loaded.settings)
    var request = DeviceChoice.request(loaded.settings.device)
    if let context { request.context = context }
    if let kv = kv.flatMap(KVCacheType.init(rawValue:)) { request.kvType = kv }
    if let batch { request.batch = batch }
    if let flashAttention { request.flashAttention = flashAttention }
    if let parallel { request.sequences = parallel }
    let most = limit ?? (json || csv || markdown ? 1_000_000 : 30)
    var subjects = models.isEmpty ? try catalogSubjects(loaded, limit: most + 1) : try await namedSubjects(loaded)
    let hasMore = models.isEmpty && subjects.count > most
    if hasMore { subjects.removeLast(subjects.count - most) }
    let wanted = quant
    let rows = subjects.map { FitRow(subject: $0, devices: devices, request: request, only: wanted) }
      .filter { !$0.candidates.isEmpty }
    if let wanted, rows.isEmpty, let subject = subjects.first, !models.isEmpty {
      let offered = subject.offers.map(\.quantization).joined(separator: ", ")
      throw ChoiceError(problem: "\(subject.id) has no \(wanted)", advice: "it offers \(offered)")
    }
    let output = FitOutput(
      rows: rows, devices: devices, request: request, showsAll: all || wanted != nil, showsParts: breakdown,
      hasMore: hasMore)
    if json {
      try common.print(output.json())
    } else if csv {
      try common.print(output.csv())
    } else if markdown {
      try common.print(output.markdown())
    } else {
      try common.print(output.text(common.terminal))
    }
    return .done
  }

  private func devices(_ settings: Settings) async throws -> [Device] {
    if let vram { return [.card(gibibytes: vram)] }
    if let gpu { return [try DeviceChoice.card(named: gpu)] }
    let choice = try await DeviceChoice.devices(settings)
    for note in choice.notes { common.note(note) }
    return choice.devices.allSatisfy { $0.source == .mainMemory }
      ? [8, 12, 24, 48].map { .card(gibibytes: $0) } : choice.devices
  }

  /// Whether quantizations that nobody has published are wanted of models that have published ones: when one is named.
  private var wantsPredictions: Bool { quant != nil }

  /// The catalog's models, the best families first; common sizes while it has none.
  private func catalogSubjects(_ loaded: LoadedSettings, limit: Int) throws -> [FitSubject] {
    var subjects: [FitSubject] = []
    if let catalog = try Catalog.ifPresent(folder: loaded.places.state) {
      var selection = RepoSelection()
      selection.states = [.sized, .described]
      selection.hasShape = true
      selection.limit = limit
      while true {
        let repos = try catalog.repos(selection)
        subjects = try repos.compactMap {
          try FitSubject(catalog: catalog, repo: $0, wantsPredictions: wantsPredictions)
        }
        // What an older hubwatch described has a shape and nothing that its weights could be computed from.
        guard subjects.count < limit, repos.count == selection.limit else { break }
        selection.limit *= 4
      }
      if subjects.count > limit { subjects.removeLast(subjects.count - limit) }
    }
    guard subjects.isEmpty else { return subjects }
    common.note("The catalog has no models yet, which `hubwatch poll` changes: these are common sizes.")
    return try ReferenceSizes.subjects()
  }

  private func namedSubjects(_ loaded: LoadedSettings) async throws -> [FitSubject] {
    var subjects: [FitSubject] = []
    var unknown: [RepoID] = []
    for name in models {
      if name == "-" || InputPath.isFile(name) || InputPath.isModelFolder(name) {
        var subject = try await FitSubject(path: name)
        // Of a file that can be quantized, --all also says into what; by itself the answer is about the file.
        let isSource = all && subject.offers.allSatisfy { Quantization($0.quantization)?.isFloat == true }
        if wantsPredictions || isSource, let basis = subject.basis { subject = subject.addingPredictions(basis) }
        subjects.append(subject)
      } else if let id = RepoID(name) {
        if let known = try knownSubject(id, loaded) { subjects.append(known) } else { unknown.append(id) }
      } else {
        throw InputError.noSuchFile(name)
      }
    }
    guard !unknown.isEmpty else { return subjects }
    let work = DescribeWork(models: unknown)
    let voice = Voice(common)
    _ = try await Handover(loaded.places, common).perform(.describe(models: unknown.map(\.description))) {
      try await House.open(loaded, observe: voice.observer) { try await work.perform($0, voice) }
    }
    for id in unknown {
      guard let subject = try knownSubject(id, loaded) else {
        let repo = try Catalog.ifPresent(folder: loaded.places.state)?.repo(id)
        throw ChoiceError(
          problem:
            "the need of \(id) cannot be told: \(repo.map { $0.reason ?? $0.state.rawValue } ?? "it is not known")",
          advice: nil)
      }
      subjects.append(subject)
    }
    return subjects
  }

  private func knownSubject(_ id: RepoID, _ loaded: LoadedSettings) throws -> FitSubject? {
    guard let catalog = try Catalog.ifPresent(folder: loaded.places.state) else { return nil }
    return try catalog.repo(id).flatMap {
      try FitSubject(catalog: catalog, repo: $0, wantsPredictions: wantsPredictions)
    }
  }
}
