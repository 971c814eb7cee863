import Domain
import Fit

/// Every quantization of a model at several contexts on one device.
struct FitGrid: Sendable, Equatable {
  /// One quantization at one context.
  struct Cell: Sendable, Equatable {
    /// The need as asked for, with the margin.
    var bytes: Int64
    /// How it fits.
    var verdict: FitVerdict
    /// The layers on the card, and all of them, where they are split.
    var layers: (onCard: Int, all: Int)
    /// The context with which it would fit, where it needs a smaller one.
    var context: Int?
    /// Layers whose experts stay in main memory.
    var expertLayers: Int

    static func == (left: Cell, right: Cell) -> Bool {
      left.bytes == right.bytes && left.verdict == right.verdict && left.layers == right.layers
        && left.context == right.context && left.expertLayers == right.expertLayers
    }
  }

  /// A line.
  struct Line: Sendable, Equatable {
    /// The quantization.
    var quantization: String
    /// Whether somebody has published it.
    var isPublished: Bool
    /// Bytes of its files.
    var fileBytes: Int64
    /// One for each context.
    var cells: [Cell]
    /// The largest context with everything on the device, as asked for otherwise.
    var maxContext: Int
  }

  /// The device.
  var device: Device
  /// The contexts in tokens.
  var contexts: [Int]
  /// The largest quantization first.
  var lines: [Line]

  /// More lines or devices are not computed: their number comes from outside, and with it what a request costs.
  static let mostLines = 24
  static let mostDevices = 8
  private static let usualContexts = [4096, 8192, 16_384, 32_768, 65_536, 131_072]

  /// The grids of a model, one a device.
  static func all(_ sheet: FitSheet, devices: [Device], request: FitRequest) -> [FitGrid] {
    let longest = max(1, sheet.shape.contextLength)
    let wanted = min(request.context, longest)
    var contexts = Set(usualContexts.filter { $0 <= longest } + [wanted]).sorted()
    // Short models have few of the usual contexts; the longest says where they end.
    if contexts.count < usualContexts.count { contexts = Set(contexts + [longest]).sorted() }
    contexts = Array(contexts.prefix(usualContexts.count))
    let offers = shown(sheet.offers)
    var solvers: [Engine: [FitSolver]] = [:]
    for engine in Set(offers.map(\.engine)) {
      solvers[engine] = contexts.map { context in
        var request = request
        request.context = context
        return FitSolver(shape: sheet.shape, request: request, engine: engine)
      }
    }
    let prepared = offers.map { (offer: $0, sums: WeightSums($0.layout), stack: LayerStack($0.layout)) }
    return devices.prefix(mostDevices).map { device in
      let lines = prepared.map { offer, sums, stack in
        let estimates = (solvers[offer.engine] ?? []).map { $0.estimate(sums, on: device) { stack } }
        return Line(
          quantization: offer.quantization, isPublished: offer.isPublished, fileBytes: offer.fileBytes,
          cells: estimates.map { estimate in
            Cell(
              bytes: (estimate.total + estimate.margin).bytes, verdict: estimate.verdict,
              layers: (estimate.gpuLayers, sheet.shape.layers + 1),
              context: estimate.verdict == .smallerContext ? estimate.remedy?.context : nil,
              expertLayers: estimate.expertLayersOnHost)
          }, maxContext: estimates.first?.maxContext ?? 0)
      }
      return FitGrid(device: device, contexts: contexts, lines: lines)
    }
  }

  /// What is published; of what is not, what people use most, and only where nothing is.
  private static func shown(_ offers: [FitSheet.Offer]) -> [FitSheet.Offer] {
    let published = offers.filter(\.isPublished)
    let usual = Set(
      ["Q8_0", "Q6_K", "Q5_K_M", "Q4_K_M", "IQ4_XS", "Q3_K_M", "Q2_K"]
        + [PackedScheme.gptq(bits: 4, group: 128).name, PackedScheme.awq(bits: 4, group: 128).name])
    let isGGUF = published.contains { $0.engine == .llamaCpp }
    let others = isGGUF ? [] : offers.filter { !$0.isPublished && usual.contains($0.quantization) }
    return Array(
      (published + others).sorted { ($0.fileBytes, $0.quantization) > ($1.fileBytes, $1.quantization) }
        .prefix(mostLines))
  }
}
