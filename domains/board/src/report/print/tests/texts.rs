//! What the seats of the sample wrote, in three languages.

pub(super) struct Texts {
    pub problem: &'static str,
    pub context: [(&'static str, &'static str); 2],
    pub paragraphs: [&'static str; 3],
    pub recommendation: &'static str,
    pub insights: [&'static str; 3],
    pub criteria: [&'static str; 4],
    /// Label, description, what is given up, risk.
    pub options: [[&'static str; 4]; 3],
    /// Title, goal, proposal, summary, recommendation.
    pub parts: [[&'static str; 5]; 5],
    pub dissent: [(&'static str, &'static str); 4],
    pub conditions: [&'static str; 2],
    pub assumptions: [&'static str; 2],
    pub risks: [&'static str; 3],
    pub failures: [[&'static str; 3]; 2],
    pub questions: [&'static str; 2],
    pub steps: [[&'static str; 3]; 4],
    pub claims: [&'static str; 8],
    pub source: (&'static str, &'static str),
}

pub(super) const ENGLISH: Texts = Texts {
    problem: "Should we move our headquarters and about two thirds of our 180 people from Munich to Lisbon by the end of 2027?\n\nWe sell planning software to municipal utilities in Germany and Austria, and most contracts renew in spring.",
    context: [
        ("Budget", "At most 2.4 million euros over three years"),
        ("Timeline", "Decision by March, move complete by December 2027"),
    ],
    paragraphs: [
        "The board would move, but not everybody and not at once. **Product and engineering gain most** from Lisbon: hiring is faster and offices are cheaper. Sales and support lose, since municipal customers expect a partner who can be in their town hall within a day.",
        "Three of five parts carried clearly. The part on *closing Munich altogether* did not: six seats of twelve voted against it, and their reasons concern contracts that name the place of performance. The part on timing carried narrowly, with conditions that the next steps take up.",
        "Moving two thirds of the staff is feasible within the budget if leases end as planned. I would expect savings of about a fifth of running costs from the second year on, and a loss of ten to fifteen percent of staff in the first. I would keep a small office in Munich for sales.",
    ],
    recommendation: "Open Lisbon in January with a team of 20, decide on the rest **in September on three measured signs**, and keep Munich for sales and support:\n\n1. At least 15 of 20 posts filled within five months\n2. No municipal contract lost over the place of performance\n3. Voluntary departures in Munich below 8% a year",
    insights: [
        "Customers do not ask where software is written; they ask who answers the telephone. The two can be in different places.",
        "The lease in Munich has a break clause in June 2027. Missing it costs eighteen months' rent, more than the whole fit-out in Lisbon.",
        "Nobody could say what the works council would ask for. Every plan that ignores it is late by a quarter.",
    ],
    criteria: [
        "Hiring within six months",
        "Closeness to municipal customers",
        "Running costs from 2028",
        "Ease of turning back",
    ],
    options: [
        [
            "Two places",
            "Lisbon for product and engineering, Munich for sales and support, one leadership team that travels.",
            "A single culture and the full saving in rent.",
            "Two half-offices that distrust each other.",
        ],
        [
            "Stay and hire remotely",
            "Keep Munich, hire anywhere in the Union through a service provider, meet every quarter.",
            "A place where new colleagues learn from old ones.",
            "Permanent establishment in six countries before anybody notices.",
        ],
        [
            "Move entirely",
            "Close Munich at the break clause and offer everybody a contract in Lisbon.",
            "About a third of the staff, by our own survey.",
            "Contracts that name Munich as the place of performance.",
        ],
    ],
    parts: [
        [
            "Which shape should the move have?",
            "Find the arrangement that serves hiring without losing customers.",
            "We keep Munich for sales and support and build product and engineering in Lisbon.",
            "Most seats saw the two needs as separable. The contrarian asked whether a company of 180 can afford two leadership habits, and nobody answered that fully.",
            "Adopt two places, with one leadership team that is in each place every month.",
        ],
        [
            "Should Munich be closed altogether?",
            "Say whether the full saving is worth what it puts at risk.",
            "We close the Munich office at the break clause in June 2027.",
            "Six seats voted against it. The savings are real, but eleven contracts name Munich and renew in the same spring.",
            "Do not close. Use the break clause to move to a smaller office.",
        ],
        [
            "How do we keep the people we need?",
            "Name what makes the thirty people whose leaving would hurt most stay or move.",
            "We offer relocation packages and a two-year right to return to everybody.",
            "Unanimous. The right to return was thought to matter more than money, because it makes the decision reversible for families.",
            "Offer both, and tell everybody on the same day.",
        ],
        [
            "When should it begin?",
            "Find a date that fits the renewals and the lease.",
            "We begin in January and complete the move by December 2027.",
            "Carried narrowly. Those against would wait for the renewals in spring; those in favour point to the break clause.",
            "Begin in January with the first twenty, and hold the rest until September.",
        ],
        [
            "How do we measure whether it works?",
            "Agree on signs before anybody has an interest in them.",
            "We publish three measures every month and stop if two of them fail for a quarter.",
            "A clear majority wants few measures and a rule that binds. Two seats abstained because the threshold for departures was guessed.",
            "Three measures, published monthly, with the stop rule written down now.",
        ],
    ],
    dissent: [
        (
            "Marta Oyelaran",
            "I have closed three offices, and each time the survey before promised that a third would leave, and each time it was half. The people who answer surveys are not the people who have offers. Show me signed letters and I will change my vote.",
        ),
        (
            "Jonas Weidinger",
            "Municipal utilities buy from neighbours. I would not put an ocean of good weather between us and a procurement officer in Fürth.",
        ),
        (
            "Priya Raghunathan",
            "The saving is computed against today's rent, not against the smaller office that everybody agrees we need anyway. Compared with that, Lisbon saves almost nothing.",
        ),
        (
            "Tomás Albuquerque",
            "I abstain: the salary figures for senior engineers are two years old, and the market has moved since.",
        ),
    ],
    conditions: [
        "The works council is heard before the lease is signed",
        "No more than 20 people move before the spring renewals are in",
    ],
    assumptions: [
        "Renewals fall between February and April as in the last five years",
        "The break clause can be used without reinstating the floor plan of 2014",
    ],
    risks: [
        "Two half-offices form, each certain that the other is the problem",
        "A large utility makes Munich a condition of renewal",
        "Portuguese labour law makes turning back dearer than planned, by 37 % on one seat's reckoning",
    ],
    failures: [
        [
            "Lisbon filled quickly with juniors, and the seniors who should have led them stayed in Munich.",
            "More than two juniors to each senior by April",
            "Hire the first five seniors before the first junior",
        ],
        [
            "Two utilities left because their contact moved, and a third used it to renegotiate.",
            "Renewal talks that ask about the place of performance",
            "Keep every account manager in Munich until the second renewal",
        ],
    ],
    questions: [
        "What would the works council ask for, and by when?",
        "Do the eleven contracts allow performance from elsewhere with consent?",
    ],
    steps: [
        ["Read the eleven contracts for their place of performance and list what each allows", "Legal", "15 December"],
        ["Open talks with the works council and bring back what it asks for", "Head of People", "20 December"],
        ["Sign a serviced office for twenty in Lisbon, with three months' notice", "COO", "10 January"],
        ["Set up the monthly measures and publish the first", "Chief of Staff", "1 February"],
    ],
    claims: [
        "180 people work in Munich, and about two thirds would move",
        "Median time to hire a senior engineer in Lisbon is 54 days",
        "Rent and hiring together save about a fifth of running costs from 2028",
        "37% of staff with school-age children would not move",
        "The lease ends in June 2028, with a break clause a year before",
        "Municipal tenders ask for a presence in the country in two cases of three",
        "Two places cost one additional person in operations",
        "The works council can delay the move by up to three months",
    ],
    source: (
        "European office relocation benchmarks, third edition",
        "Companies of 100 to 250 people that relocated a majority of their staff across a border lost between 28 and 46 per cent of those asked to move within the first eighteen months.",
    ),
};

pub(super) const SPANISH: Texts = Texts {
    problem: "¿Deberíamos trasladar nuestra sede y unos dos tercios de nuestras 180 personas de Múnich a Lisboa antes de que acabe 2027?\n\nVendemos software de planificación a empresas municipales de Alemania y Austria, y la mayoría de los contratos se renueva en primavera.",
    context: [
        ("Presupuesto", "Como máximo 2,4 millones de euros en tres años"),
        ("Plazo", "Decisión en marzo, traslado completo en diciembre de 2027"),
    ],
    paragraphs: [
        "La junta se trasladaría, pero no con todos ni de una vez. **Producto e ingeniería son quienes más ganan** con Lisboa: se contrata antes y las oficinas son más baratas. Ventas y soporte pierden, porque los clientes municipales esperan a alguien que pueda estar en su ayuntamiento en un día.",
        "Tres de las cinco partes se aprobaron con claridad. La de *cerrar Múnich del todo* no: seis de doce puestos votaron en contra, y sus razones tienen que ver con contratos que fijan el lugar de prestación. La del calendario salió por poco, con condiciones que recogen los próximos pasos.",
        "Trasladar a dos tercios de la plantilla cabe en el presupuesto si los alquileres terminan como está previsto. Esperaría ahorrar una quinta parte de los costes corrientes desde el segundo año y perder entre un diez y un quince por ciento de la plantilla en el primero.",
    ],
    recommendation: "Abrir Lisboa en enero con un equipo de 20, decidir el resto **en septiembre con tres señales medidas** y conservar Múnich para ventas y soporte:\n\n1. Al menos 15 de 20 puestos cubiertos en cinco meses\n2. Ningún contrato municipal perdido por el lugar de prestación\n3. Salidas voluntarias en Múnich por debajo del 8 % al año",
    insights: [
        "Los clientes no preguntan dónde se escribe el software, sino quién coge el teléfono. Ambas cosas pueden estar en sitios distintos.",
        "El alquiler de Múnich tiene una cláusula de salida en junio de 2027. Dejarla pasar cuesta dieciocho meses de renta, más que toda la obra de Lisboa.",
        "Nadie supo decir qué pediría el comité de empresa. Todo plan que lo ignora llega un trimestre tarde.",
    ],
    criteria: [
        "Contratar en seis meses",
        "Cercanía a los clientes municipales",
        "Costes corrientes desde 2028",
        "Facilidad de dar marcha atrás",
    ],
    options: [
        [
            "Dos sedes",
            "Lisboa para producto e ingeniería, Múnich para ventas y soporte y una sola dirección que viaja.",
            "Una cultura única y el ahorro completo en alquiler.",
            "Dos medias oficinas que desconfían la una de la otra.",
        ],
        [
            "Quedarse y contratar a distancia",
            "Conservar Múnich, contratar en toda la Unión mediante un proveedor y verse cada trimestre.",
            "Un lugar donde los nuevos aprendan de los veteranos.",
            "Establecimiento permanente en seis países antes de que nadie se dé cuenta.",
        ],
        [
            "Trasladarlo todo",
            "Cerrar Múnich con la cláusula de salida y ofrecer a todos un contrato en Lisboa.",
            "Cerca de un tercio de la plantilla, según nuestra propia encuesta.",
            "Contratos que fijan Múnich como lugar de prestación.",
        ],
    ],
    parts: [
        [
            "¿Qué forma debería tener el traslado?",
            "Encontrar el arreglo que sirva para contratar sin perder clientes.",
            "Conservamos Múnich para ventas y soporte y creamos producto e ingeniería en Lisboa.",
            "La mayoría vio que ambas necesidades pueden separarse. La voz contraria preguntó si una empresa de 180 puede permitirse dos formas de dirigir, y nadie respondió del todo.",
            "Adoptar dos sedes con una sola dirección que esté en cada una todos los meses.",
        ],
        [
            "¿Hay que cerrar Múnich del todo?",
            "Decir si el ahorro completo compensa lo que pone en riesgo.",
            "Cerramos la oficina de Múnich con la cláusula de salida de junio de 2027.",
            "Seis puestos votaron en contra. El ahorro es real, pero once contratos nombran Múnich y se renuevan la misma primavera.",
            "No cerrar. Usar la cláusula para pasar a una oficina más pequeña.",
        ],
        [
            "¿Cómo conservamos a quienes necesitamos?",
            "Nombrar qué haría que las treinta personas cuya marcha más dolería se queden o se trasladen.",
            "Ofrecemos a todos ayudas de traslado y un derecho de retorno de dos años.",
            "Unánime. Se pensó que el derecho de retorno importa más que el dinero, porque hace reversible la decisión para las familias.",
            "Ofrecer ambas cosas y contárselo a todos el mismo día.",
        ],
        [
            "¿Cuándo debería empezar?",
            "Encontrar una fecha que encaje con las renovaciones y el alquiler.",
            "Empezamos en enero y completamos el traslado en diciembre de 2027.",
            "Se aprobó por poco. Quienes votaron en contra esperarían a las renovaciones; quienes votaron a favor señalan la cláusula.",
            "Empezar en enero con los primeros veinte y dejar el resto para septiembre.",
        ],
        [
            "¿Cómo medimos si funciona?",
            "Acordar las señales antes de que nadie tenga interés en ellas.",
            "Publicamos tres medidas cada mes y paramos si dos fallan durante un trimestre.",
            "Una mayoría clara quiere pocas medidas y una regla que obligue. Dos puestos se abstuvieron porque el umbral de salidas era una conjetura.",
            "Tres medidas, publicadas cada mes, con la regla de parada escrita desde ahora.",
        ],
    ],
    dissent: [
        (
            "Marta Oyelaran",
            "He cerrado tres oficinas, y cada vez la encuesta prometía que se iría un tercio y cada vez fue la mitad. Quienes responden encuestas no son quienes tienen ofertas. Enséñenme cartas firmadas y cambiaré mi voto.",
        ),
        (
            "Jonas Weidinger",
            "Las empresas municipales compran a sus vecinos. Yo no pondría un océano de buen tiempo entre nosotros y quien compra en Fürth.",
        ),
        (
            "Priya Raghunathan",
            "El ahorro se calcula contra el alquiler de hoy y no contra la oficina más pequeña que todos aceptamos que necesitamos. Comparado con eso, Lisboa no ahorra casi nada.",
        ),
        (
            "Tomás Albuquerque",
            "Me abstengo: los salarios de ingeniería sénior tienen dos años y el mercado se ha movido.",
        ),
    ],
    conditions: [
        "Se escucha al comité de empresa antes de firmar el alquiler",
        "No se trasladan más de 20 personas antes de cerrar las renovaciones de primavera",
    ],
    assumptions: [
        "Las renovaciones caen entre febrero y abril, como en los últimos cinco años",
        "La cláusula de salida puede usarse sin reponer la distribución de 2014",
    ],
    risks: [
        "Se forman dos medias oficinas, cada una segura de que el problema es la otra",
        "Una gran empresa municipal pone Múnich como condición para renovar",
        "El derecho laboral portugués encarece la marcha atrás un 37 %, según un puesto",
    ],
    failures: [
        [
            "Lisboa se llenó pronto de perfiles júnior, y los sénior que debían guiarlos se quedaron en Múnich.",
            "Más de dos júnior por cada sénior en abril",
            "Contratar a los cinco primeros sénior antes que al primer júnior",
        ],
        [
            "Dos empresas municipales se fueron porque su contacto se trasladó, y una tercera lo aprovechó para renegociar.",
            "Renovaciones en las que se pregunta por el lugar de prestación",
            "Mantener a todos los gestores de cuentas en Múnich hasta la segunda renovación",
        ],
    ],
    questions: [
        "¿Qué pediría el comité de empresa y para cuándo?",
        "¿Permiten los once contratos la prestación desde otro lugar con consentimiento?",
    ],
    steps: [
        [
            "Leer los once contratos en busca del lugar de prestación y anotar qué permite cada uno",
            "Asesoría jurídica",
            "15 de diciembre",
        ],
        [
            "Abrir conversaciones con el comité de empresa y traer lo que pide",
            "Dirección de personas",
            "20 de diciembre",
        ],
        [
            "Firmar una oficina con servicios para veinte en Lisboa, con tres meses de preaviso",
            "Dirección de operaciones",
            "10 de enero",
        ],
        ["Preparar las medidas mensuales y publicar la primera", "Jefatura de gabinete", "1 de febrero"],
    ],
    claims: [
        "En Múnich trabajan 180 personas y se trasladarían unos dos tercios",
        "La mediana para contratar a un ingeniero sénior en Lisboa es de 54 días",
        "El alquiler y la contratación ahorran juntos una quinta parte de los costes desde 2028",
        "El 37 % de quienes tienen hijos en edad escolar no se trasladaría",
        "El alquiler termina en junio de 2028, con una cláusula de salida un año antes",
        "Las licitaciones municipales piden presencia en el país en dos de cada tres casos",
        "Dos sedes cuestan una persona más en operaciones",
        "El comité de empresa puede retrasar el traslado hasta tres meses",
    ],
    source: (
        "European office relocation benchmarks, third edition",
        "Companies of 100 to 250 people that relocated a majority of their staff across a border lost between 28 and 46 per cent of those asked to move within the first eighteen months.",
    ),
};

pub(super) const CHINESE: Texts = Texts {
    problem: "我们是否应该在2027年底之前，把总部以及180名员工中的大约三分之二从慕尼黑迁往里斯本？\n\n我们向德国和奥地利的市政公用事业公司销售规划软件，大部分合同在春季续约。",
    context: [("预算", "三年内最多240万欧元"), ("时间", "三月前作出决定，2027年12月前完成搬迁")],
    paragraphs: [
        "董事会倾向于搬迁，但不是所有人，也不是一步到位。**产品与研发从里斯本获益最大**：招聘更快，办公室更便宜。销售与支持则会受损，因为市政客户希望合作伙伴能在一天之内到达他们的市政厅。",
        "五个部分中有三个以明显多数通过。关于*彻底关闭慕尼黑*的部分没有通过：十二个席位中有六个投了反对票，理由与写明履行地的合同有关。关于时间安排的部分以微弱多数通过，所附条件已纳入后续步骤。",
        "如果租约按计划到期，把三分之二的员工搬走在预算之内是可行的。我预计从第二年起每年节省约五分之一的运营成本，第一年会流失百分之十到十五的员工。我会在慕尼黑保留一个小型销售办公室。",
    ],
    recommendation: "一月在里斯本以20人的团队起步，**九月根据三项可衡量的迹象**决定其余部分，并保留慕尼黑用于销售与支持：\n\n1. 五个月内20个岗位至少填补15个\n2. 没有任何市政合同因履行地而丢失\n3. 慕尼黑的主动离职率低于每年8%",
    insights: [
        "客户不问软件在哪里编写，而是问由谁接电话。这两件事可以在不同的地方。",
        "慕尼黑的租约在2027年6月有一个提前解约条款。错过它要多付十八个月的租金，比里斯本的全部装修费还多。",
        "没有人说得清工会委员会会提出什么要求。凡是忽略这一点的计划都会晚一个季度。",
    ],
    criteria: ["六个月内完成招聘", "贴近市政客户", "2028年起的运营成本", "回头的难易程度"],
    options: [
        [
            "两地办公",
            "里斯本负责产品与研发，慕尼黑负责销售与支持，由一个往返两地的管理层领导。",
            "单一的企业文化，以及全部的租金节省。",
            "两个互不信任的半个办公室。",
        ],
        [
            "留下并远程招聘",
            "保留慕尼黑，通过服务商在欧盟各地招聘，每季度聚会一次。",
            "新同事向老同事学习的场所。",
            "在无人察觉之前就在六个国家构成常设机构。",
        ],
        [
            "全部搬迁",
            "利用解约条款关闭慕尼黑，并向所有人提供里斯本的合同。",
            "根据我们自己的调查，大约三分之一的员工。",
            "合同写明慕尼黑为履行地。",
        ],
    ],
    parts: [
        [
            "搬迁应采取什么形式？",
            "找到既有利于招聘又不失去客户的安排。",
            "我们保留慕尼黑用于销售与支持，并在里斯本建立产品与研发。",
            "多数席位认为这两种需求可以分开。反方问道，一家180人的公司能否承受两种管理习惯，没有人完全回答。",
            "采用两地办公，由同一个管理层每月到访两地。",
        ],
        [
            "是否应彻底关闭慕尼黑？",
            "说明全部节省是否值得所冒的风险。",
            "我们在2027年6月利用解约条款关闭慕尼黑办公室。",
            "六个席位投了反对票。节省是真实的，但有十一份合同写明慕尼黑，并且都在同一个春季续约。",
            "不要关闭。利用解约条款换到更小的办公室。",
        ],
        [
            "如何留住我们需要的人？",
            "指出怎样才能让流失后影响最大的三十个人留下或随迁。",
            "我们向所有人提供搬迁补助和两年内返回的权利。",
            "一致通过。大家认为返回的权利比金钱更重要，因为它使家庭的决定可以撤回。",
            "两者都提供，并在同一天告诉所有人。",
        ],
        [
            "应该什么时候开始？",
            "找到与续约和租约相配的日期。",
            "我们一月开始，并在2027年12月前完成搬迁。",
            "以微弱多数通过。反对者希望等到春季续约之后；赞成者则指出解约条款。",
            "一月先搬二十人，其余的等到九月。",
        ],
        [
            "如何衡量是否奏效？",
            "在任何人对其有利害关系之前先商定迹象。",
            "我们每月公布三项指标，若其中两项连续一个季度不达标就停止。",
            "明显多数希望指标少而规则有约束力。两个席位弃权，因为离职率的门槛是猜测的。",
            "三项指标，每月公布，现在就写下停止规则。",
        ],
    ],
    dissent: [
        (
            "林若溪",
            "我关闭过三个办公室，每一次事前调查都说会走三分之一，而每一次都走了一半。回答调查的人并不是手里有录用通知的人。给我看签了字的信，我就改票。",
        ),
        ("Jonas Weidinger", "市政公司向邻居采购。我不会在我们和菲尔特的采购官员之间隔上一片晴朗的大海。"),
        (
            "王思远",
            "节省是按今天的租金计算的，而不是按大家都同意我们需要的更小的办公室计算的。与后者相比，里斯本几乎什么也省不下来。",
        ),
        ("Tomás Albuquerque", "我弃权：高级工程师的薪资数据已经是两年前的了，市场此后有了变化。"),
    ],
    conditions: ["在签署租约之前听取工会委员会的意见", "在春季续约完成之前，搬迁人数不超过20人"],
    assumptions: ["与过去五年一样，续约集中在二月至四月之间", "可以行使解约条款，而无需恢复2014年的平面布局"],
    risks: [
        "形成两个半个办公室，各自确信问题出在对方",
        "一家大型公用事业公司把慕尼黑作为续约条件",
        "按某席位的估算，葡萄牙劳动法使回头的成本比计划高出37%",
    ],
    failures: [
        [
            "里斯本很快招满了初级员工，而本该带领他们的资深员工留在了慕尼黑。",
            "到四月，每名资深员工对应两名以上的初级员工",
            "在招聘第一名初级员工之前先招五名资深员工",
        ],
        [
            "两家公用事业公司因为联系人搬走而离开，第三家借此重新谈判。",
            "续约谈判中问及履行地",
            "在第二次续约之前，所有客户经理都留在慕尼黑",
        ],
    ],
    questions: ["工会委员会会提出什么要求，期限是什么时候？", "这十一份合同是否允许经同意后在其他地方履行？"],
    steps: [
        ["通读十一份合同中的履行地条款，并列出各自允许的内容", "法务部", "12月15日"],
        ["与工会委员会展开会谈，并带回其要求", "人力资源主管", "12月20日"],
        ["在里斯本签订可容纳二十人的服务式办公室，通知期三个月", "首席运营官", "1月10日"],
        ["建立每月指标并公布第一期", "总裁办主任", "2月1日"],
    ],
    claims: [
        "慕尼黑有180名员工，其中约三分之二会搬迁",
        "在里斯本招聘一名高级工程师的中位时间为54天",
        "从2028年起，租金与招聘合计节省约五分之一的运营成本",
        "有学龄子女的员工中有37%不会搬迁",
        "租约于2028年6月到期，一年前有解约条款",
        "市政招标中有三分之二要求在该国设有机构",
        "两地办公需要在运营部门增加一人",
        "工会委员会最多可使搬迁推迟三个月",
    ],
    source: (
        "European office relocation benchmarks, third edition",
        "Companies of 100 to 250 people that relocated a majority of their staff across a border lost between 28 and 46 per cent of those asked to move within the first eighteen months.",
    ),
};
