import Domain

/// Cards by name, with the memory that their driver reports.
///
/// Memory from driver print-outs and vendors' data sheets, bandwidth from TechPowerUp's database.
public struct Card: Sendable, Equatable {
  /// The name, without the maker's.
  public let name: String
  /// Memory in MiB.
  public let mebibytes: Int64
  /// Memory bandwidth in GB/s.
  public let bandwidth: Double

  /// Every known card.
  public static let all: [Card] = table.split(separator: "\n").compactMap { line in
    let fields = line.split(separator: "|")
    guard fields.count == 3, let memory = Int64(fields[1]), let bandwidth = Double(fields[2]) else { return nil }
    return Card(name: String(fields[0]), mebibytes: memory, bandwidth: bandwidth)
  }

  /// The card that somebody means by `text`: every word has to occur in its name; of several the one with the
  /// shortest name. `RTX A6000`, `3080 12gb` and `GeForce RTX 3080 12GB` all work.
  public static func named(_ text: String) -> Card? {
    let words = text.lowercased().replacing("nvidia", with: "").split { " -_".contains($0) }
    guard !words.isEmpty else { return nil }
    return all.filter { card in
      let parts = card.name.lowercased().split { " -_".contains($0) }
      return words.allSatisfy { parts.contains($0) }
    }.min { ($0.name.count, $0.name) < ($1.name.count, $1.name) }
  }

  /// The card as a device with nothing else on it.
  public var device: Device {
    let size = ByteCount.mebibytes(mebibytes)
    return Device(name: name, total: size, free: size, source: .list)
  }

  private static let table = """
    GeForce GTX 1060 6GB|6144|192.2
    GeForce GTX 1070|8192|256.3
    GeForce GTX 1080|8192|320.3
    GeForce GTX 1080 Ti|11264|484.4
    GeForce GTX 1650|4096|128.1
    GeForce GTX 1660 SUPER|6144|336.0
    GeForce GTX 1660 Ti|6144|288.0
    GeForce RTX 2060|6144|336.0
    GeForce RTX 2060 12GB|12288|336.0
    GeForce RTX 2070|8192|448.0
    GeForce RTX 2070 SUPER|8192|448.0
    GeForce RTX 2080|8192|448.0
    GeForce RTX 2080 SUPER|8192|495.9
    GeForce RTX 2080 Ti|11264|616.0
    TITAN RTX|24576|672.0
    TITAN V|12288|651.3
    GeForce RTX 3050 8GB|8192|224.0
    GeForce RTX 3060 12GB|12288|360.0
    GeForce RTX 3060 Ti|8192|448.0
    GeForce RTX 3070|8192|448.0
    GeForce RTX 3070 Ti|8192|608.3
    GeForce RTX 3080 10GB|10240|760.3
    GeForce RTX 3080 12GB|12288|912.4
    GeForce RTX 3080 Ti|12288|912.4
    GeForce RTX 3090|24576|936.2
    GeForce RTX 3090 Ti|24564|1010.0
    GeForce RTX 4060|8188|272.0
    GeForce RTX 4060 Ti 8GB|8188|288.0
    GeForce RTX 4060 Ti 16GB|16380|288.0
    GeForce RTX 4070|12282|504.2
    GeForce RTX 4070 SUPER|12282|504.2
    GeForce RTX 4070 Ti|12282|504.2
    GeForce RTX 4070 Ti SUPER|16376|672.3
    GeForce RTX 4080|16376|716.8
    GeForce RTX 4080 SUPER|16376|736.3
    GeForce RTX 4090|24564|1010.0
    GeForce RTX 5060|8151|448.0
    GeForce RTX 5060 Ti 16GB|16311|448.0
    GeForce RTX 5070|12227|672.0
    GeForce RTX 5070 Ti|16303|896.0
    GeForce RTX 5080|16303|960.0
    GeForce RTX 5090|32607|1790.0
    RTX A2000 12GB|12282|288.0
    RTX A4000|16376|448.0
    RTX A4500|20470|640.0
    RTX A5000|24564|768.0
    RTX A5500|24564|768.0
    RTX A6000|49140|768.0
    RTX 2000 Ada|16380|256.0
    RTX 4000 Ada|20475|360.0
    RTX 4500 Ada|24570|432.0
    RTX 5000 Ada|32760|576.0
    RTX 6000 Ada|49140|960.0
    Quadro RTX 6000|24576|672.0
    Quadro RTX 8000|49152|672.0
    RTX PRO 6000 Blackwell Workstation|97887|1790.0
    Tesla M40 24GB|24576|288.4
    Tesla P4|7680|192.3
    Tesla P40|24576|347.1
    Tesla P100 PCIe 16GB|16384|732.2
    Tesla V100 SXM2 16GB|16384|898.0
    Tesla V100 SXM2 32GB|32768|898.0
    Tesla T4|15360|320.0
    A2|15356|200.1
    A10|23028|600.2
    A10G|23028|600.2
    A30|24576|933.1
    A40|46068|695.8
    A100 SXM4 40GB|40960|1560.0
    A100 PCIe 40GB|40960|1560.0
    A100 SXM4 80GB|81920|2040.0
    A100 PCIe 80GB|81920|1940.0
    L4|23034|300.1
    L40|46068|864.0
    L40S|46068|864.0
    H100 PCIe 80GB|81559|2040.0
    H100 SXM5 80GB|81559|3360.0
    H100 NVL 94GB|95830|3940.0
    H200 SXM 141GB|143771|4890.0
    B200 180GB|183359|8000.0
    GB10 (DGX Spark)|131072|273.2
    Radeon RX 580 8GB|8176|256.0
    Radeon RX 5700 XT|8176|448.0
    Radeon RX 6600 XT|8176|256.0
    Radeon RX 6700 XT|12272|384.0
    Radeon RX 6800|16368|512.0
    Radeon RX 6800 XT|16368|512.0
    Radeon RX 6900 XT|16368|512.0
    Radeon RX 7600|8176|288.0
    Radeon RX 7700 XT|12272|432.0
    Radeon RX 7800 XT|16368|624.1
    Radeon RX 7900 XT|20464|800.0
    Radeon RX 7900 XTX|24560|960.0
    Radeon RX 9060 XT 16GB|16368|322.3
    Radeon RX 9070|16368|644.6
    Radeon RX 9070 XT|16368|644.6
    Radeon Pro W6800|32752|512.0
    Radeon Pro W7900|49136|864.0
    Instinct MI50 32GB|32752|1020.0
    Instinct MI60|32752|1020.0
    Instinct MI100|32752|1230.0
    Instinct MI210|65520|1640.0
    Instinct MI250X|131056|3280.0
    Instinct MI300X|196592|10300.0
    Ryzen AI Max+ 395 (Radeon 8060S)|131072|256.0
    Arc A380|6144|186.0
    Arc A580|8192|512.0
    Arc A750|8192|512.0
    Arc A770 16GB|16384|512.0
    Arc B570|10240|380.0
    Arc B580|12288|456.0
    Arc Pro B50|16384|224.0
    Arc Pro B60|24576|456.0
    Apple M1|16384|68.25
    Apple M1 Pro|32768|204.8
    Apple M1 Max|65536|409.6
    Apple M1 Ultra|131072|819.2
    Apple M2|24576|102.4
    Apple M2 Pro|32768|204.8
    Apple M2 Max|98304|409.6
    Apple M2 Ultra|196608|819.2
    Apple M3|24576|102.4
    Apple M3 Pro|36864|153.6
    Apple M3 Max|131072|409.6
    Apple M3 Ultra|524288|819.2
    Apple M4|32768|120
    Apple M4 Pro|65536|273
    Apple M4 Max|131072|546
    """
}
